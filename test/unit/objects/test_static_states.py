"""Recorded states of hypervisors and disks: merging, resetting, defaults of the cluster, errors."""

from typing import Any

import pytest

from ganeti import constants as c
from ganeti.errors import OpPrereqError
from ganeti.objects.static_states import cluster_disk_state, cluster_hv_state, merged_disk_state, merged_hv_state


def test_changes_are_laid_over_key_by_key_and_default_drops_one() -> None:
    stored = merged_hv_state({"fake": {"mem_node": 1}}, {"kvm": {"mem_total": "4096", "cpu_total": 8}})
    assert stored == {"fake": {"mem_node": 1}, "kvm": {"mem_total": 4096, "cpu_total": 8}}
    assert merged_hv_state(stored, {"kvm": {"cpu_total": "default"}, "fake": {"mem_node": "default"}}) == {
        "kvm": {"mem_total": 4096}
    }
    disks = merged_disk_state({}, {"plain": {"vg1": {"disk_total": 1}, "vg2": {"disk_total": 2}}})
    assert merged_disk_state(disks, {"plain": {"vg1": {"disk_total": "default"}}}) == {
        "plain": {"vg2": {"disk_total": 2}}
    }


def test_that_of_the_cluster_is_complete() -> None:
    assert cluster_hv_state({}, {"kvm": {"mem_node": 5}}) == {
        "kvm": {"mem_total": 0, "mem_node": 5, "mem_hv": 0, "cpu_total": 1, "cpu_node": 1}
    }
    filled = cluster_disk_state({}, {"plain": {"vg": {"disk_overhead": 7}}})
    assert filled == {"plain": {"vg": {"disk_total": 0, "disk_reserved": 0, "disk_overhead": 7}}}
    again = cluster_disk_state(filled, {"plain": {"vg": {"disk_overhead": "default"}}})
    assert again == {"plain": {"vg": {"disk_total": 0, "disk_reserved": 0, "disk_overhead": 0}}}


@pytest.mark.parametrize(
    ("merge", "given"),
    [
        (merged_hv_state, {"qemu": {}}),
        (merged_hv_state, {"kvm": {"colour": 1}}),
        (merged_hv_state, {"kvm": {"mem_node": "much"}}),
        (merged_hv_state, {"kvm": False}),
        (merged_disk_state, {"file": {}}),
        (merged_disk_state, {"plain": {"vg": {"colour": 1}}}),
        (merged_disk_state, {"plain": 1}),
    ],
)
def test_what_is_unknown_or_of_a_wrong_type_is_refused(merge: Any, given: Any) -> None:
    with pytest.raises(OpPrereqError) as caught:
        merge({}, given)
    assert caught.value.args[1] == c.ECODE_INVAL
