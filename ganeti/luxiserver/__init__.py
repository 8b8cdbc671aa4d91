"""The LUXI side of the master daemon: sockets in ``server``, the table of methods in ``table`` and ``*_methods``."""
