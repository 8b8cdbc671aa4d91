"""Tests of ganeti.client."""
