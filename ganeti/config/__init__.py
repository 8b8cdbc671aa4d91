"""The configuration of the cluster: reading, changing, making durable, distributing.

``load`` reads ``config.data`` into an immutable ``ConfigData``. ``store.ConfigStore`` holds the current one; readers
take it without a lock. A change is collected in a ``draft.Draft``, checked, and swapped in together with the derived
``index`` (for readers) and ``usage`` (for reservations). ``writer`` makes the newest snapshot durable, many changes by
one write; ``distribute`` brings it to the other nodes.
"""

from ganeti.config.store import ConfigStore as ConfigStore
