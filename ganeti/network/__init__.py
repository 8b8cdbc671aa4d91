"""Connecting the NICs of instances to the networks of a node."""
