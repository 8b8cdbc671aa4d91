"""Figures of the running program; no pass or fail."""
