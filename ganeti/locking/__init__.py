"""Cluster locks: who may work on which instances, groups, nodes and networks.

``state`` decides (pure), ``manager`` makes threads wait, ``attempts`` says how long and how urgently a job tries.
"""

from ganeti.locking.manager import LockManager, LockTimeout
from ganeti.locking.state import ALL_SET, AllSet, LockInfo, Names, Owned

__all__ = ["ALL_SET", "AllSet", "LockInfo", "LockManager", "LockTimeout", "Names", "Owned"]
