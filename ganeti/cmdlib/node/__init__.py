"""Logical units for nodes."""
