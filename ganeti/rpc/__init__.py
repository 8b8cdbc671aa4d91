"""Calls from the master to nodes: declared once in ``procedures``, made by ``client``, answered through ``dispatch``."""
