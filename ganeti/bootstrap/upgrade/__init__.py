"""``gnt-cluster upgrade``: the whole cluster changes to another installed version, or stays as it was.

``versions`` and ``plan`` decide, without I/O: between which versions there is a way, which steps it has, which come
next after a crash, and what is undone after a failure. ``driver`` takes the steps and writes down each before it begins
(``records``); ``actions`` carries them out on the nodes.
"""
