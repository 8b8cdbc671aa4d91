"""Logical units of instances, one module per operation, and what they share."""
