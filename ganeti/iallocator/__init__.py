"""Asking instance allocators, the programs of the site that decide on which nodes instances are put.

A request (``requests``) says what is wanted and from which nodes facts are needed (``live``). Together with the
configuration (``cluster_data``) it becomes the text that the program reads (``ask``). What the program prints is
checked and becomes a value (``answers``) before anybody acts on it. Nothing here takes locks or changes anything.
"""
