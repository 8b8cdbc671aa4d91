"""Tests; a package, since the standard library has one named test."""
