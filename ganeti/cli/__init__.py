"""Machinery shared by the gnt-* programs: options, parsing, submitting jobs, output."""
