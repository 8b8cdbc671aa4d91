"""Recorded sizes of disks are corrected by what nodes measure."""

from typing import Any

import pytest

from ganeti import constants as c
from ganeti import opcodes
from ganeti.cmdlib.cluster.repair_disk_sizes import Measured, corrected
from ganeti.objects import Disk
from test.unit.cmdlib.clusterworld import ClusterNode, ClusterWorld, healthy_config
from test.unit.factories import make_disk, make_instance, node_uuid

MIB = 2**20


@pytest.fixture
def world() -> ClusterWorld:
    """Two instances with a disk of 1024 MiB each."""
    disks = (make_disk(1), make_disk(2, logical_id=(c.FD_LOOP, "/srv/shared/disk2")))
    instances = tuple(make_instance(i, disks=(disk.uuid,)) for i, disk in enumerate(disks, 1))
    return ClusterWorld(healthy_config(instances=instances, disks=disks))


def measure(monkeypatch: pytest.MonkeyPatch, answer: Any) -> None:
    monkeypatch.setattr(ClusterNode, "blockdev_getdimensions", lambda _self, disks: answer(disks), raising=False)


def test_what_differs_is_corrected_and_told(world: ClusterWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes_mib = {"/srv/shared/disk1": 2048, "/srv/shared/disk2": 1024}
    measure(monkeypatch, lambda disks: [(sizes_mib[disk.logical_id[1]] * MIB, None) for disk in disks])
    result = world.run(opcodes.OpClusterRepairDiskSizes())
    assert [tuple(row) for row in result] == [("inst1.example.com", 0, "size", 2048)]
    sizes = sorted(disk.size for disk in world.store.snapshot().disks.values())
    assert sizes == [1024, 2048]
    assert any("corrected to 2048" in line for line in world.lines())


def test_only_named_instances_are_measured(world: ClusterWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    measure(monkeypatch, lambda disks: [(4096 * MIB, None) for _ in disks])
    result = world.run(opcodes.OpClusterRepairDiskSizes(instances=["inst2.example.com"]))
    assert [row[0] for row in result] == ["inst2.example.com"]


def test_disks_that_cannot_be_measured_stay(world: ClusterWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    measure(monkeypatch, lambda disks: [None for _ in disks])
    assert world.run(opcodes.OpClusterRepairDiskSizes()) == []
    assert any("perhaps it is not active" in line for line in world.lines())


def test_nodes_that_do_not_answer_are_left_out(world: ClusterWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    world.rpc.broken[node_uuid(1), "blockdev_getdimensions"] = "no route"
    assert world.run(opcodes.OpClusterRepairDiskSizes()) == []
    assert any("no route" in line for line in world.lines())


def drbd(size: int, data_size: int) -> Disk:
    child = make_disk(2, dev_type=c.DT_PLAIN, logical_id=("vg", "data"), size=data_size)
    meta = make_disk(3, dev_type=c.DT_PLAIN, logical_id=("vg", "meta"), size=128)
    return make_disk(1, dev_type=c.DT_DRBD8, logical_id=("a", "b", 1, 0, 0, "s"), size=size, children=(child, meta))


def test_data_volumes_are_at_least_as_large_as_the_disk_on_them() -> None:
    after = corrected(drbd(1000, 1000), Measured(1500, None), uses_spindles=False)
    assert (after.size, after.children[0].size, after.children[1].size) == (1500, 1500, 128)
    assert corrected(drbd(1000, 2000), Measured(1000, None), uses_spindles=False) == drbd(1000, 2000)


def test_spindles_count_only_with_exclusive_storage() -> None:
    disk = make_disk(1, size=10)
    assert corrected(disk, Measured(10, 3), uses_spindles=False).spindles is None
    assert corrected(disk, Measured(10, 3), uses_spindles=True).spindles == 3
