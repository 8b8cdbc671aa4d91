"""The JSON of the configuration file, made from cached pieces: only what changed is encoded again.

Objects are immutable, so the encoded form of an object is valid as long as it is the same object.
"""

from collections.abc import Mapping
from typing import Any, Final

from ganeti.config.changes import SECTIONS
from ganeti.objects import Cluster, ConfigData, encode_clear

#: Order of the sections in the file, as the fields of ConfigData are declared.
_ORDER: Final = ("nodes", "nodegroups", "instances", "disks", "networks", "filters")
assert set(_ORDER) == set(SECTIONS.values())


class _Section:
    """The encoded form of one dictionary of objects."""

    def __init__(self) -> None:
        self._items: Mapping[str, Any] = {}
        self._pieces: dict[str, tuple[Any, bytes]] = {}
        self._joined = b"{}"

    def encode(self, items: Mapping[str, Any]) -> bytes:
        """Return the JSON of *items*."""
        if items is self._items:
            return self._joined
        known = self._pieces
        pieces: dict[str, tuple[Any, bytes]] = {}
        for uuid, item in items.items():
            piece = known.get(uuid)
            if piece is None or piece[0] is not item:
                piece = (item, encode_clear(uuid) + b":" + encode_clear(item))
            pieces[uuid] = piece
        self._pieces = pieces
        self._items = items
        self._joined = b"{" + b",".join([piece for _, piece in pieces.values()]) + b"}"
        return self._joined


class ConfigEncoder:
    """Encodes successive snapshots; not to be shared between threads."""

    def __init__(self) -> None:
        """Start with an empty cache."""
        self._cluster: Cluster | None = None
        self._cluster_json = b""
        self._sections = {name: _Section() for name in _ORDER}

    def encode(self, config: ConfigData) -> bytes:
        """Return the content of the file: one line of compact JSON, the same as a full encoding gives."""
        if config.cluster is not self._cluster:
            self._cluster, self._cluster_json = config.cluster, encode_clear(config.cluster)
        parts = [b'{"version":%d,"cluster":' % config.version, self._cluster_json]
        for name in _ORDER:
            parts += [b',"%s":' % name.encode("ascii"), self._sections[name].encode(getattr(config, name))]
        tail = (b"serial_no", config.serial_no), (b"ctime", config.ctime), (b"mtime", config.mtime)
        parts += [b',"%s":%s' % (key, encode_clear(value)) for key, value in tail]
        parts.append(b"}\n")
        return b"".join(parts)
