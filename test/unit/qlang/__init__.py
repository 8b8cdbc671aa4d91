"""Tests of ganeti.qlang."""
