"""Calls from the master to nodes: declared in ``procedures``, made by ``client``, answered through ``dispatch``."""
