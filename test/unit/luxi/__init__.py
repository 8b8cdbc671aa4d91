"""Tests of ganeti.luxi."""
