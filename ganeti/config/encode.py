"""The JSON of the configuration file, made from cached pieces: only what changed is encoded again.

Objects are immutable, so the encoded form of objects is valid as long as they are the same ones. It is kept for blocks
of them: one per object costs more memory than the text, and a loop over all of them more time than what has changed.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice
from operator import is_not
from typing import Any, Final, NamedTuple

from ganeti.config.changes import SECTIONS
from ganeti.objects import Cluster, ConfigData, encode_clear

#: Order of the sections in the file, as the fields of ConfigData are declared.
_ORDER: Final = ("nodes", "nodegroups", "instances", "disks", "networks", "filters")
assert set(_ORDER) == set(SECTIONS.values())
#: Objects of a new block.
_BLOCK: Final = 64


class _Block(NamedTuple):
    """Objects that follow each other in a dictionary, and their JSON without braces."""

    uuids: Sequence[str]
    values: Sequence[Any]
    json: bytes


class _Section:
    """The encoded form of one dictionary of objects."""

    def __init__(self) -> None:
        self._items: Mapping[str, Any] = {}
        self._blocks: list[_Block] = []

    def encode(self, items: Mapping[str, Any]) -> Iterator[bytes]:
        """Give the JSON of *items* in pieces: they are large, so they are put together only once."""
        if items is not self._items:
            values = iter(items.values())
            self._blocks = [
                _encoded(block, tuple(islice(values, len(block.uuids)))) for block in self._fitting(list(items))
            ]
            self._items = items
        for number, block in enumerate(self._blocks):
            yield b"," if number else b"{"
            yield block.json
        yield b"}" if self._blocks else b"{}"

    def _fitting(self, uuids: list[str]) -> list[_Block]:
        """Return blocks of exactly these objects in this order, of which as many as possible are the old ones."""
        if uuids == _uuids_of(self._blocks):
            return self._blocks
        # Objects that come are last in the dictionary, and those that go leave the order of the others as it is.
        wanted = set(uuids)
        kept = [block for old in self._blocks if (block := _reduced(old, wanted)).uuids]
        known = _uuids_of(kept)
        if uuids[: len(known)] != known:
            kept, known = [], []
        added = uuids[len(known) :]
        if added and kept and len(kept[-1].uuids) < _BLOCK:
            added = [*kept.pop().uuids, *added]
        return [*kept, *_new_blocks(added)]


def _uuids_of(blocks: Sequence[_Block]) -> list[str]:
    return list(chain.from_iterable(block.uuids for block in blocks))


def _reduced(block: _Block, wanted: set[str]) -> _Block:
    """Return the block without the objects that are not wanted."""
    if wanted.issuperset(block.uuids):
        return block
    return _Block([uuid for uuid in block.uuids if uuid in wanted], (), b"")


def _new_blocks(uuids: Sequence[str]) -> Iterator[_Block]:
    for start in range(0, len(uuids), _BLOCK):
        yield _Block(uuids[start : start + _BLOCK], (), b"")


def _encoded(block: _Block, values: Sequence[Any]) -> _Block:
    """Return the block with these values, as it is if they are its own."""
    if len(values) == len(block.values) and not any(map(is_not, values, block.values)):
        return block
    return _Block(block.uuids, values, encode_clear(dict(zip(block.uuids, values, strict=True)))[1:-1])


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
            parts.append(b',"%s":' % name.encode("ascii"))
            parts.extend(self._sections[name].encode(getattr(config, name)))
        tail = (b"serial_no", config.serial_no), (b"ctime", config.ctime), (b"mtime", config.mtime)
        parts += [b',"%s":%s' % (key, encode_clear(value)) for key, value in tail]
        parts.append(b"}\n")
        return b"".join(parts)
