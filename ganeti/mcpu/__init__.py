"""Execution of opcodes: locks, prerequisites, hooks, the work itself, and what must be safe before success is told."""
