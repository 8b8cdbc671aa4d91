"""Tests with real daemons of virtual nodes; they need root."""
