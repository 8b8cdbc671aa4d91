"""Tests of ganeti.cli."""
