"""Logical units for the cluster as a whole."""
