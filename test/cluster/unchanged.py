"""Tells whether a refused request changed anything."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from test.cluster.virtual import VirtualCluster


class _State(NamedTuple):
    configuration: bytes
    storage: tuple[str, ...]
    guests: tuple[str, ...]


def _files_below(directories: list[Path]) -> tuple[str, ...]:
    return tuple(sorted(str(path) for directory in directories for path in directory.rglob("*")))


def _look(cluster: VirtualCluster) -> _State:
    roots = [cluster.root(number) for number in range(len(cluster.nodes))]
    shared = Path(cluster.layout.directory) / "shared-file-storage"
    return _State(
        (roots[0] / "var/lib/ganeti/config.data").read_bytes(),
        _files_below([*(root / "srv/ganeti" for root in roots), shared]),
        _files_below([root / "var/run/ganeti/fake-hypervisor" for root in roots]),
    )


@contextlib.contextmanager
def unchanged(cluster: VirtualCluster) -> Iterator[None]:
    """Check that configuration, storage and guests are the same after the block."""
    before = _look(cluster)
    yield
    assert _look(cluster) == before
