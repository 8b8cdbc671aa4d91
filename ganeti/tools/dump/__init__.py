"""The sections of the interface dump, one module per part of the program; each reads live declarations."""
