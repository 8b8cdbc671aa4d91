"""Pure rules about sizes, NICs, disks and parameters of instances."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganeti import constants as c
from ganeti.cmdlib.instance import disks, nics, params
from ganeti.cmdlib.instance.disk_content import format_seconds, wipe_chunk_mib
from ganeti.cmdlib.instance.ipolicy import InstanceSize, violations
from ganeti.errors import OpPrereqError
from test.unit.factories import make_cluster, make_disk

POLICY: dict[str, Any] = {
    c.IPOLICY_DTS: [c.DT_PLAIN, c.DT_FILE],
    c.ISPECS_MINMAX: [
        {
            "min": {"memory-size": 128, "disk-count": 1, "disk-size": 1024},
            "max": {"memory-size": 512, "disk-size": 4096},
        },
        {"min": {"memory-size": 1024}, "max": {"memory-size": 2048, "disk-count": 2}},
    ],
}


@pytest.mark.parametrize(
    ("size", "found"),
    [
        (InstanceSize(memory=256, disk_sizes=(2048,), disk_types=(c.DT_PLAIN,)), []),
        (InstanceSize(memory=1500, disk_sizes=(1, 1), disk_types=(c.DT_FILE,)), []),
        (InstanceSize(memory=800, disk_sizes=(2048,), disk_types=(c.DT_PLAIN,)), ["memory-size"]),
        (InstanceSize(memory=256, disk_sizes=(2048, 8192), disk_types=(c.DT_PLAIN,)), ["disk-size/1"]),
        (InstanceSize(memory=256, disk_types=()), ["diskless"]),
        (InstanceSize(memory=256, disk_sizes=(2048,), disk_types=(c.DT_RBD,)), ["rbd"]),
    ],
)
def test_best_range_of_a_policy_counts(size: InstanceSize, found: list[str]) -> None:
    problems = violations(POLICY, size)
    assert len(problems) == len(found)
    assert all(word in problem for word, problem in zip(found, problems, strict=True))


@pytest.mark.parametrize(
    ("given_vlan", "stored"), [("5", ".5"), (".5", ".5"), (".5:6:7", ".5:6:7"), (":6", ":6"), ("", "")]
)
def test_vlans_are_normalised(given_vlan: str, stored: str) -> None:
    assert nics.normalise_vlan(given_vlan) == stored


@pytest.mark.parametrize("vlan", ["x", ".", "5:6", ".5000", "0", "5 6", ":"])
def test_bad_vlans_are_refused(vlan: str) -> None:
    with pytest.raises(OpPrereqError):
        nics.normalise_vlan(vlan)


@given(st.text(alphabet="0123456789.:x", max_size=8))
def test_normalised_vlans_are_stable(text: str) -> None:
    try:
        stored = nics.normalise_vlan(text)
    except OpPrereqError:
        return
    assert nics.normalise_vlan(stored) == stored


@pytest.mark.parametrize("names", [["a", "a"], ["12"], [None, "x", "x"]])
def test_bad_nic_names(names: list[str | None]) -> None:
    with pytest.raises(OpPrereqError):
        nics.normalise_specs([{"name": name} for name in names])


def test_memory_stands_for_both_limits() -> None:
    assert params.expand_memory({"memory": 5}) == {"maxmem": 5, "minmem": 5}
    assert params.expand_memory({"memory": 5, "minmem": 3}) == {"maxmem": 5, "minmem": 3}


def test_default_removes_a_parameter() -> None:
    assert params.updated({"a": 1, "b": 2}, {"a": "default", "c": 3}) == {"b": 2, "c": 3}


def test_parameters_have_one_visibility() -> None:
    cluster = make_cluster(osparams={"busybox": {"x": "1"}})
    with pytest.raises(OpPrereqError, match="x"):
        params.fill_os_params(cluster, "busybox+v", {}, {"x": params.Private("2")}, {})


def test_storage_directory_needs_a_configured_base() -> None:
    cluster = make_cluster(file_storage_dir="")
    with pytest.raises(OpPrereqError) as caught:
        disks.storage_directory(cluster, c.DT_FILE, "web", None)
    assert caught.value.args[1] == c.ECODE_STATE
    assert disks.storage_directory(make_cluster(), c.DT_SHARED_FILE, "web", "a/b") == "/srv/shared/a/b/web"
    assert disks.storage_directory(make_cluster(), c.DT_DISKLESS, "web", None) is None


@given(st.text(alphabet="./ab", min_size=1, max_size=12))
def test_sub_directories_never_leave_the_base(sub: str) -> None:
    try:
        directory = disks.storage_directory(make_cluster(), c.DT_FILE, "web", sub)
    except OpPrereqError:
        return
    assert directory is not None and directory.startswith("/srv/file/")


def test_renaming_moves_only_the_directory_of_the_instance() -> None:
    inside = make_disk(1, logical_id=("loop", "/srv/shared/old/disk"))
    outside = make_disk(2, logical_id=("loop", "/srv/shared/disk"))
    assert disks.renamed_path(inside, "old", "new").logical_id == ("loop", "/srv/shared/new/disk")
    assert disks.renamed_path(outside, "old", "new") == outside


@pytest.mark.parametrize(
    ("specs", "template", "adopting"),
    [([{"adopt": "x"}], c.DT_PLAIN, True), ([{"size": 1}], c.DT_PLAIN, False), ([], c.DT_DISKLESS, False)],
)
def test_adoption(specs: list[dict[str, Any]], template: str, adopting: bool) -> None:
    assert disks.check_adoption(specs, template, has_iallocator=False, mode=c.INSTANCE_CREATE) == adopting


@pytest.mark.parametrize(
    ("specs", "template"), [([{"adopt": "x"}, {}], c.DT_PLAIN), ([{"adopt": "x"}], c.DT_FILE), ([{}], c.DT_BLOCK)]
)
def test_impossible_adoption(specs: list[dict[str, Any]], template: str) -> None:
    with pytest.raises(OpPrereqError):
        disks.check_adoption(specs, template, has_iallocator=False, mode=c.INSTANCE_CREATE)


@pytest.mark.parametrize(("size", "chunk"), [(5, 1), (1000, 100), (100_000, 1024)])
def test_chunks_of_wiping(size: int, chunk: int) -> None:
    assert wipe_chunk_mib(size) == chunk


@pytest.mark.parametrize(("seconds", "text"), [(7, "7s"), (310, "5m 10s"), (3600, "1h 0m 0s")])
def test_durations(seconds: float, text: str) -> None:
    assert format_seconds(seconds) == text
