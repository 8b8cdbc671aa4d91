"""Logical units: what every opcode does. One topic per module; shared steps are functions in topic modules."""
