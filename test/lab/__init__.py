"""Tests that take long or need machines of their own; run by make check-lab."""
