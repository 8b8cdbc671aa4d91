"""The gnt-* programs: a table of sub-commands each, and one package per program with what they do."""
