"""Verification of the cluster: pure checks on what the configuration says and what the nodes report."""
