"""Who may act as master: votes, the tenure of a running master, taking over.

The vote of a node is the name in its ssconf file ``master_node``. It changes only when a node takes the role over, or
when the master corrects a node that missed that.

* A master daemon starts only if more than half of all nodes name its node (``voting.decide``).
* It goes on changing the configuration only while it has asked the nodes within the last ``TENURE_S`` seconds and at
  least half of them named it and none named another, or more than half named it (``voting.may_continue``). Half is
  enough to go on, because the other half is not enough to take over: a cluster of two nodes survives the loss of one.
* A node takes over only if more than half of the nodes can be asked, and starts its daemon only when the tenure of the
  old master has certainly ended: because it confirmed so, or because ``TENURE_S`` has passed.
"""
