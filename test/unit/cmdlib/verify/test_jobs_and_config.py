"""The jobs of a verification, and those that need no group."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from ganeti import constants as c
from ganeti import opcodes, pathutils
from ganeti.cmdlib.verify.config_check import check_dangling
from ganeti.objects import Instance, NodeGroup
from ganeti.utils import x509
from test.unit.cmdlib.clusterworld import ClusterWorld, healthy_config
from test.unit.factories import make_disk, make_instance, node_uuid

OTHER_GROUP = NodeGroup(uuid="10000000-0000-4000-8000-00000000000e", name="another")


@pytest.fixture
def certificates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Valid certificates of the cluster."""
    paths = [tmp_path / name for name in ("server.pem", "rapi.pem")]
    pair = x509.make_self_signed()
    for path in paths:
        path.write_bytes(pair.to_pem())
    monkeypatch.setattr(pathutils, "ALL_CERT_FILES", tuple(map(str, paths)))
    return paths


@pytest.fixture
def world(certificates: list[Path]) -> ClusterWorld:
    return ClusterWorld(healthy_config(instances=(make_instance(1),)))


def verify_config(world: ClusterWorld, **changes: Any) -> Any:
    return world.run(opcodes.OpClusterVerifyConfig(error_codes=True, **changes))


def test_whole_cluster_is_one_job_for_the_configuration_and_one_per_group(world: ClusterWorld) -> None:
    world.store.add_group(OTHER_GROUP)
    result = world.run(opcodes.OpClusterVerify(verbose=True, ignore_errors=["ENODEHV"], skip_checks=["nplusone_mem"]))
    assert result == {"jobs": [[True, 100], [True, 101], [True, 102]]}
    (config,), (first,), (second,) = world.job.submitted
    assert isinstance(config, opcodes.OpClusterVerifyConfig)
    assert isinstance(first, opcodes.OpClusterVerifyGroup)
    assert isinstance(second, opcodes.OpClusterVerifyGroup)
    assert (first.group_name, first.depends) == ("another", [(-1, [])])
    assert (second.group_name, second.depends) == ("default", [(-2, [])])
    assert second.verbose and second.ignore_errors == ["ENODEHV"] and second.skip_checks == ["nplusone_mem"]


def test_one_group_is_one_job(world: ClusterWorld) -> None:
    world.run(opcodes.OpClusterVerify(group_name="default"))
    ((job,),) = world.job.submitted
    assert isinstance(job, opcodes.OpClusterVerifyGroup) and job.depends is None


def test_nodes_without_the_newest_configuration_are_named(
    world: ClusterWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(world.store, "undelivered", lambda: {"node2.example.com": "was not told: no route to host"})
    assert verify_config(world) is True
    assert any("WARNING:ENODEFILECHECK:node:node2.example.com:was not told" in line for line in world.job.log)
    world.run(opcodes.OpClusterRedistConf())
    assert any("Node node2.example.com was not told: no route to host" in line for line in world.job.log)


def test_sound_configuration_has_nothing_to_report(world: ClusterWorld) -> None:
    assert verify_config(world) is True
    assert world.job.log == [
        "* Verifying cluster config",
        "* Verifying cluster certificate files",
        "* Verifying hypervisor parameters",
        "* Verifying all nodes belong to an existing group",
    ]


def test_inconsistent_configuration_is_named(world: ClusterWorld) -> None:
    world.store.modify_cluster(lambda cluster: msgspec.structs.replace(cluster, candidate_certs={node_uuid(9): "X"}))
    assert verify_config(world) is False
    assert any(line.startswith("  - ERROR:ECLUSTERCFG:cluster:None:") for line in world.lines())


def test_unreadable_certificate_is_named(world: ClusterWorld, certificates: list[Path]) -> None:
    certificates[0].write_text("rubbish")
    assert verify_config(world) is False
    assert world.lines()[0].startswith("  - ERROR:ECLUSTERCERT:cluster:None:Failed to load")


def test_certificate_that_ends_in_a_month_is_a_warning(world: ClusterWorld, certificates: list[Path]) -> None:
    certificates[1].write_bytes(x509.make_self_signed(validity_s=20 * 86400).to_pem())
    assert verify_config(world) is True
    assert world.lines()[0].startswith("  - WARNING:ECLUSTERCERT:cluster:None:")


def test_wrong_hypervisor_parameters_of_an_instance_are_named(world: ClusterWorld) -> None:
    uuid = world.instance().uuid
    world.store.modify(Instance, uuid, lambda i: msgspec.structs.replace(i, hvparams={"migration_mode": "odd"}))
    assert verify_config(world) is False
    expected = "  - ERROR:ECLUSTERCFG:cluster:None:hypervisor fake parameters syntax check (source instance inst1"
    assert any(line.startswith(expected) for line in world.lines())


def test_nodes_and_instances_without_a_place_are_named(world: ClusterWorld) -> None:
    config = world.config
    node = config.nodes[node_uuid(1)]
    lost = {node.uuid: msgspec.structs.replace(node, group="nowhere")}
    (finding,) = check_dangling(msgspec.structs.replace(config, nodes={**config.nodes, **lost}))
    assert (finding.code, finding.item) == (c.CV_ECLUSTERDANGLINGNODES, node.name)
    assert world.instance().name in finding.text
    rest = {uuid: n for uuid, n in config.nodes.items() if uuid != world.instance().primary_node}
    (finding,) = check_dangling(msgspec.structs.replace(config, nodes=rest))
    assert (finding.code, finding.item) == (c.CV_ECLUSTERDANGLINGINST, None)
    assert world.instance().name in finding.text


def test_simulated_errors_of_the_configuration(world: ClusterWorld) -> None:
    assert verify_config(world, debug_simulate_errors=True) is False
    assert any("ECLUSTERDANGLINGNODES" in line for line in world.lines())


# disks


def world_with_disk() -> ClusterWorld:
    disk = make_disk(1, logical_id=(c.FD_LOOP, "/srv/shared/inst1/disk0"))
    world = ClusterWorld(
        healthy_config(instances=(make_instance(1, disks=(disk.uuid,), disks_active=True),), disks=(disk,))
    )
    world.rpc.shared.files["/srv/shared/inst1/disk0"] = 1024
    return world


def test_disks_are_verified_by_one_job_per_group() -> None:
    world = world_with_disk()
    world.store.add_group(OTHER_GROUP)
    world.run(opcodes.OpClusterVerifyDisks(is_strict=False))
    assert [job[0] for job in world.job.submitted] == [
        opcodes.OpGroupVerifyDisks(group_name=name, is_strict=False, reason=job[0].reason, comment=job[0].comment)
        for name, job in zip(("another", "default"), world.job.submitted, strict=True)
    ]


@pytest.mark.parametrize("is_strict", [True, False])
def test_disks_of_a_group(is_strict: bool) -> None:
    world, op = world_with_disk(), opcodes.OpGroupVerifyDisks(group_name="default", is_strict=is_strict)
    assert list(world.run(op)) == [{}, [], {}]
    world.rpc.shared.files.clear()
    assert list(world.run(op)) == [{}, [], {"inst1.example.com": [[node_uuid(1), "/srv/shared/inst1/disk0"]]}]
    world.rpc.broken[node_uuid(1), "blockdev_getmirrorstatus_multi"] = "hangs"
    assert list(world.run(op)) == [{node_uuid(1): "hangs"}, [], {}]


def test_locked_instance_is_left_out_unless_strict() -> None:
    world = world_with_disk()
    world.rpc.shared.files.clear()
    world.locks.acquire("9", c.LEVEL_CLUSTER, [c.BGL], shared=True)
    world.locks.acquire("9", c.LEVEL_INSTANCE, ["inst1.example.com"], shared=False)
    result = world._processor.run(  # type: ignore[attr-defined]
        opcodes.OpGroupVerifyDisks(group_name="default", is_strict=False), world.job, 0.01
    )
    world.locks.release_all("9")
    assert list(result) == [{}, [], {}]
