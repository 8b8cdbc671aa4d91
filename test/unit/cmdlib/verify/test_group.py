"""Verification of a node group: every kind of finding, from the answers of nodes to the lines that are printed."""

import time
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from ganeti import constants as c
from ganeti import pathutils, ssconf
from ganeti.errors import OpPrereqError
from ganeti.objects import ConfigData, Instance, Node, NodeGroup
from ganeti.objects.wire import BlockDevStatus
from ganeti.opcodes import OpClusterVerifyGroup
from test.unit.cmdlib.clusterworld import ClusterWorld, healthy_config
from test.unit.cmdlib.instance.world import set_node
from test.unit.factories import make_disk, make_instance, node_uuid

ONE, TWO, THREE = node_uuid(1), node_uuid(2), node_uuid(3)
IMAGE = "/srv/shared/inst1.example.com/disk0"
OP = OpClusterVerifyGroup(group_name="default", error_codes=True)


def config_with_instance(**changes: Any) -> ConfigData:
    disk = make_disk(1, logical_id=(c.FD_LOOP, IMAGE))
    values: dict[str, Any] = {"disks": (disk.uuid,), "disks_active": True}
    return healthy_config(instances=(make_instance(1, **{**values, **changes}),), disks=(disk,))


@pytest.fixture
def world() -> ClusterWorld:
    """Three healthy nodes; inst1 runs on the first one."""
    world = ClusterWorld(config_with_instance())
    world.rpc.shared.files[IMAGE] = 1024
    world.node(ONE).guests["inst1.example.com"] = 128
    return world


def answer(uuid: str, key: str, value: Any) -> Callable[[ClusterWorld], None]:
    def change(world: ClusterWorld) -> None:
        world.rpc.nodes[uuid].verify[key] = value

    return change


def change_instance(**changes: Any) -> Callable[[ClusterWorld], None]:
    def change(world: ClusterWorld) -> None:
        uuid = world.instance().uuid
        world.store.modify(Instance, uuid, lambda instance: msgspec.structs.replace(instance, **changes))

    return change


def change_cluster(**changes: Any) -> Callable[[ClusterWorld], None]:
    def change(world: ClusterWorld) -> None:
        world.store.modify_cluster(lambda cluster: msgspec.structs.replace(cluster, **changes))

    return change


def drop_certificate(world: ClusterWorld) -> None:
    world.store.set_candidate_cert(TWO, None)


def stop_guest(world: ClusterWorld) -> None:
    world.node(ONE).guests.clear()


def lose_image(world: ClusterWorld) -> None:
    world.rpc.shared.files.clear()


def files_of(uuid: str, change: Callable[[dict[str, str]], None]) -> Callable[[ClusterWorld], None]:
    """Let a node answer with other checksums."""

    def apply(world: ClusterWorld) -> None:
        node = world.rpc.nodes[uuid]
        plain = type(node).node_verify

        def verify(what: dict[str, Any], cluster: str, hvparams: Any) -> dict[str, Any]:
            answers = plain(node, what, cluster, hvparams)
            change(answers[c.NV_FILELIST])
            return answers

        node.node_verify = verify

    return apply


def share_tag(world: ClusterWorld, prefix: str, tag: str) -> None:
    # Without a prefix, nothing is excluded.
    change_cluster(tags=("htools:iextags:", f"htools:iextags:{prefix}"))(world)
    for uuid in list(world.config.instances):
        world.store.modify(Instance, uuid, lambda i: msgspec.structs.replace(i, tags=("other", tag)))
    other = make_instance(2, tags=("other", tag), admin_state=c.ADMINST_DOWN)
    world.store.add_instance(other, [], "8")


def mirror_disk(world: ClusterWorld, *, memory: int = 100, on: str = TWO, index: int = 2) -> None:
    """Give the instance a DRBD disk on the first and another node."""
    port = 11000 + index
    disk = make_disk(
        index,
        dev_type=c.DT_DRBD8,
        logical_id=(ONE, on, port, index, index, f"secret{index}"),
        nodes=(ONE, on),
        children=(
            make_disk(index + 1, dev_type=c.DT_PLAIN, logical_id=("xenvg", f"data{index}")),
            make_disk(index + 2, dev_type=c.DT_PLAIN, logical_id=("xenvg", f"meta{index}")),
        ),
    )
    world.store.transact(lambda draft: draft.replace_cluster(highest_used_port=port))
    world.store.add_disk(world.instance().uuid, disk)
    world.store.modify(
        Instance,
        world.instance().uuid,
        lambda i: msgspec.structs.replace(i, beparams={c.BE_MINMEM: memory, c.BE_MAXMEM: memory}),
    )


def mirror_state(world: ClusterWorld, local: int) -> None:
    """Let the first node report a mirror that lacks its peer."""
    node = world.rpc.nodes[ONE]
    plain = type(node).blockdev_getmirrorstatus_multi

    def states(disks: list[Any]) -> list[tuple[bool, Any]]:
        degraded = (True, BlockDevStatus(is_degraded=True, ldisk_status=local))
        rows = plain(node, disks)
        return [degraded if d.dev_type == c.DT_DRBD8 else row for d, row in zip(disks, rows, strict=True)]

    node.blockdev_getmirrorstatus_multi = states


def other_group(world: ClusterWorld, *nodes: str) -> str:
    """Move nodes to a new group; returns its UUID."""
    group = NodeGroup(uuid="10000000-0000-4000-8000-00000000000e", name="x")
    world.store.add_group(group)
    world.store.assign_nodes(dict.fromkeys(nodes, group.uuid))
    return group.uuid


CASES: list[tuple[str, Callable[[ClusterWorld], None], str]] = [
    (
        "unreachable node",
        lambda w: w.rpc.broken.update({(TWO, "node_verify"): "no route"}),
        "  - ERROR:ENODERPC:node:node2.example.com:while contacting node: no route",
    ),
    (
        "protocol",
        answer(TWO, c.NV_VERSION, [1, c.RELEASE_VERSION]),
        "  - ERROR:ENODEVERSION:node:node2.example.com:incompatible protocol versions",
    ),
    (
        "release",
        answer(TWO, c.NV_VERSION, [c.PROTOCOL_VERSION, "0.1"]),
        "  - WARNING:ENODEVERSION:node:node2.example.com:software version mismatch",
    ),
    ("no version", answer(TWO, c.NV_VERSION, None), "  - ERROR:ENODERPC:node:node2.example.com:"),
    (
        "hypervisor",
        answer(TWO, c.NV_HYPERVISOR, {c.HT_FAKE: "no /run"}),
        "  - ERROR:ENODEHV:node:node2.example.com:hypervisor fake verify failure: 'no /run'",
    ),
    (
        "hypervisor parameters",
        answer(TWO, c.NV_HVPARAMS, [["os x", "fake", "no kernel"]]),
        "  - ERROR:ENODEHV:node:node2.example.com:hypervisor fake parameter verify failure (source os x): no kernel",
    ),
    ("no list of guests", answer(TWO, c.NV_INSTANCELIST, "broken"), "  - ERROR:ENODEHV:node:node2.example.com:"),
    ("no resources", answer(TWO, c.NV_HVINFO, None), "  - ERROR:ENODEHV:node:node2.example.com:"),
    ("odd resources", answer(TWO, c.NV_HVINFO, {"memory_free": "much"}), "  - ERROR:ENODERPC:node:node2.example.com:"),
    (
        "set-up",
        answer(TWO, c.NV_NODESETUP, ["/sys is missing"]),
        "  - ERROR:ENODESETUP:node:node2.example.com:node setup error: /sys is missing",
    ),
    (
        "slow clock",
        answer(TWO, c.NV_TIME, [int(time.time()) - 3600, 0]),
        "  - ERROR:ENODETIME:node:node2.example.com:node time diverges by at least ",
    ),
    ("no clock", answer(TWO, c.NV_TIME, None), "  - ERROR:ENODETIME:node:node2.example.com:"),
    (
        "tcp",
        answer(TWO, c.NV_NODENETTEST, {"node3": "failure using the primary interface(s)"}),
        "  - ERROR:ENODENET:node:node2.example.com:tcp communication with node 'node3': failure",
    ),
    ("no network test", answer(TWO, c.NV_NODENETTEST, None), "  - ERROR:ENODENET:node:node2.example.com:"),
    ("master IP", answer(TWO, c.NV_MASTERIP, False), "  - ERROR:ENODENET:node:node2.example.com:"),
    ("bridges", answer(TWO, c.NV_BRIDGES, ["br0"]), "  - ERROR:ENODENET:node:node2.example.com:missing bridges: br0"),
    ("scripts", answer(TWO, c.NV_USERSCRIPTS, ["/x"]), "  - ERROR:ENODEUSERSCRIPTS:node:node2.example.com:"),
    (
        "no test of ssh",
        answer(TWO, c.NV_NODELIST, None),
        "  - ERROR:ENODESSH:node:node2.example.com:node hasn't returned node ssh connectivity data",
    ),
    (
        "ssh",
        answer(TWO, c.NV_NODELIST, {"node3": "hostname mismatch"}),
        "  - ERROR:ENODESSH:node:node2.example.com:ssh communication with node 'node3': hostname mismatch",
    ),
    (
        "no look at ssh keys",
        lambda w: (change_cluster(modify_ssh_setup=True)(w), answer(TWO, c.NV_SSH_SETUP, None)(w)),
        "  - ERROR:ENODESSH:node:node2.example.com:node hasn't returned the result of the check 'ssh-setup'",
    ),
    (
        "ssh keys",
        lambda w: (change_cluster(modify_ssh_setup=True)(w), answer(TWO, c.NV_SSH_SETUP, ["no key of x"])(w)),
        "  - ERROR:ENODESSH:node:node2.example.com:no key of x",
    ),
    (
        "out-of-band program",
        lambda w: (
            change_cluster(ndparams={**c.NDC_DEFAULTS, "oob_program": "/oob"})(w),
            answer(TWO, c.NV_OOB_PATHS, ["not executable"])(w),
        ),
        "  - ERROR:ENODEOOBPATH:node:node2.example.com:not executable",
    ),
    (
        "allowed paths",
        answer(ONE, c.NV_ACCEPTED_STORAGE_PATHS, ["/etc"]),
        "  - ERROR:ENODEFILESTORAGEPATHS:node:node1.example.com:found forbidden file storage path: /etc",
    ),
    (
        "paths unasked",
        answer(TWO, c.NV_ACCEPTED_STORAGE_PATHS, ["/etc"]),
        "  - ERROR:ENODEFILESTORAGEPATHS:node:node2.example.com:",
    ),
    (
        "file storage",
        answer(TWO, c.NV_FILE_STORAGE_PATH, "not writable"),
        "  - ERROR:ENODEFILESTORAGEPATHUNUSABLE:node:node2.example.com:",
    ),
    (
        "shared storage",
        answer(TWO, c.NV_SHARED_FILE_STORAGE_PATH, "not writable"),
        "  - ERROR:ENODESHAREDFILESTORAGEPATHUNUSABLE:node:node2.example.com:",
    ),
    (
        "certificate differs",
        answer(TWO, c.NV_CLIENT_CERT, [None, "BB"]),
        "  - ERROR:ECLUSTERCLIENTCERT:cluster:None:client certificate of node node2.example.com has digest BB",
    ),
    (
        "certificate invalid",
        answer(TWO, c.NV_CLIENT_CERT, ["ERROR", "expired"]),
        "  - ERROR:ECLUSTERCLIENTCERT:cluster:None:client certificate of node node2.example.com failed",
    ),
    (
        "certificate ends soon",
        answer(TWO, c.NV_CLIENT_CERT, ["WARNING", "expires in about 20 days"]),
        "  - WARNING:ECLUSTERCLIENTCERT:cluster:None:client certificate of node node2.example.com: expires in",
    ),
    (
        "certificate of another",
        answer(TWO, c.NV_CLIENT_CERT, [None, "AA:03"]),
        "  - ERROR:ECLUSTERCLIENTCERT:cluster:None:node node2.example.com uses the client certificate of node3",
    ),
    (
        "candidate not listed",
        drop_certificate,
        "  - ERROR:ECLUSTERCLIENTCERT:cluster:None:master candidate node2.example.com is not on the list",
    ),
    (
        "no candidate but listed",
        lambda w: set_node(w, TWO, master_candidate=False),
        "  - ERROR:ECLUSTERCLIENTCERT:cluster:None:node node2.example.com is no master candidate but on the list",
    ),
    (
        "no list of certificates",
        change_cluster(candidate_certs={}),
        "  - ERROR:ECLUSTERCLIENTCERT:cluster:None:the list of master candidate certificates is empty",
    ),
    ("no checksums", answer(TWO, c.NV_FILELIST, "odd"), "  - ERROR:ENODEFILECHECK:node:node2.example.com:"),
    (
        "different copies",
        files_of(TWO, lambda f: f.update({pathutils.CLUSTER_CONF_FILE: "other"})),
        f"  - ERROR:ECLUSTERFILECHECK:cluster:None:file {pathutils.CLUSTER_CONF_FILE} found with 2 different checksums"
        " (variant 1 on node2.example.com; variant 2 on node1.example.com, node3.example.com)",
    ),
    (
        "missing file",
        files_of(TWO, lambda f: f.pop(ssconf.key_file(c.SS_NODE_LIST)) and None),
        f"  - ERROR:ECLUSTERFILECHECK:cluster:None:file {ssconf.key_file(c.SS_NODE_LIST)} is missing from node(s)",
    ),
    (
        "optional file in places",
        files_of(TWO, lambda f: f.pop(pathutils.RAPI_USERS_FILE) and None),
        f"  - ERROR:ECLUSTERFILECHECK:cluster:None:file {pathutils.RAPI_USERS_FILE} is optional, but it must exist",
    ),
    (
        "operating system",
        answer(TWO, c.NV_OSLIST, [["busybox", "/os/b", False, "no create", [], [], [], False]]),
        "  - ERROR:ENODEOS:node:node2.example.com:invalid OS busybox (located at /os/b): no create",
    ),
    (
        "no operating systems",
        answer(TWO, c.NV_OSLIST, []),
        "  - ERROR:ENODEOS:node:node2.example.com:OSes present on reference node node1.example.com but missing",
    ),
    (
        "variants",
        answer(TWO, c.NV_OSLIST, [["busybox", "/os/b", True, "", ["small"], [], [20], True]]),
        "  - ERROR:ENODEOS:node:node2.example.com:OS busybox differs from reference node node1.example.com: variants",
    ),
    (
        "one more",
        answer(
            TWO,
            c.NV_OSLIST,
            [
                ["busybox", "/os/busybox", True, "", ["default"], [], [20], True],
                ["x", "/os/x", True, "", [], [], [20], True],
            ],
        ),
        "  - ERROR:ENODEOS:node:node2.example.com:extra OS x not present on reference node",
    ),
    (
        "twice",
        answer(ONE, c.NV_OSLIST, [["busybox", "/a", True, "", ["default"], [], [20], True]] * 2),
        "  - ERROR:ENODEOS:node:node1.example.com:OS 'busybox' has multiple entries",
    ),
    (
        "orphan guest",
        lambda w: w.node(TWO).guests.update({"ghost": 128}),
        "  - ERROR:ENODEORPHANINSTANCE:node:node2.example.com:instance ghost on node is unknown to the cluster",
    ),
    (
        "guest elsewhere",
        lambda w: w.node(TWO).guests.update({"inst1.example.com": 128}),
        "  - ERROR:EINSTANCEWRONGNODE:instance:inst1.example.com:instance should not run on node node2.example.com",
    ),
    (
        "down",
        stop_guest,
        "  - ERROR:EINSTANCEDOWN:instance:inst1.example.com:instance not running on its primary node node1.example.com",
    ),
    (
        "up though down",
        change_instance(admin_state=c.ADMINST_DOWN),
        "  - WARNING:EINSTANCEDOWN:instance:inst1.example.com:instance runs on its primary node",
    ),
    (
        "image missing",
        lose_image,
        "  - ERROR:EINSTANCEMISSINGDISK:instance:inst1.example.com:disk/0 is missing on node node1.example.com: absent",
    ),
    (
        "image of a stopped instance missing",
        lambda w: (lose_image(w), change_instance(disks_active=False)(w)),
        "  - ERROR:EINSTANCEMISSINGDISK:instance:inst1.example.com:",
    ),
    (
        "orphan image",
        lambda w: w.rpc.shared.files.update({"/srv/shared/gone/disk0": 8}),
        "  - WARNING:ENODEORPHANLV:node:node1.example.com:disk image /srv/shared/gone/disk0 (8 MiB) is unknown",
    ),
    (
        "images not listed",
        lambda w: w.rpc.broken.update({(ONE, "file_storage_list"): "no such call"}),
        "  - WARNING:ENODERPC:node:node1.example.com:cannot list disk images: no such call",
    ),
    (
        "disk query fails",
        lambda w: w.rpc.broken.update({(ONE, "blockdev_getmirrorstatus_multi"): "hangs"}),
        "  - ERROR:ENODERPC:node:node1.example.com:while getting disk information: hangs",
    ),
    (
        "primary offline",
        lambda w: set_node(w, ONE, offline=True, master_candidate=False),
        "  - ERROR:EINSTANCEBADNODE:instance:inst1.example.com:instance is marked as running and lives on offline node",
    ),
    (
        "primary not able",
        lambda w: set_node(w, ONE, vm_capable=False),
        "  - ERROR:EINSTANCEBADNODE:instance:inst1.example.com:instance lives on non-vm_capable node",
    ),
    (
        "policy",
        change_instance(beparams={c.BE_VCPUS: 99}),
        "  - WARNING:EINSTANCEPOLICY:instance:inst1.example.com:cpu-count value 99 is not in range [1, 8]",
    ),
    (
        "exclusion tags",
        lambda w: share_tag(w, "service", "service:dns"),
        "  - WARNING:EEXTAGS:node:node1.example.com:tag service:dns is shared by instances",
    ),
    (
        "exclusion tags without colon",
        lambda w: share_tag(w, "svc", "svc-dns"),
        "  - WARNING:EEXTAGS:node:node1.example.com:tag svc-dns is shared by instances",
    ),
    (
        "secondary offline",
        lambda w: (mirror_disk(w), set_node(w, TWO, offline=True, master_candidate=False)),
        "  - ERROR:EINSTANCEBADNODE:instance:inst1.example.com:instance has offline secondary node node2.example.com",
    ),
    (
        "secondary fails",
        lambda w: (mirror_disk(w), w.rpc.broken.update({(TWO, "node_verify"): "no route"})),
        "  - ERROR:ENODERPC:node:node2.example.com:instance inst1.example.com, connection to secondary node failed",
    ),
    (
        "mirror faulty",
        mirror_disk,
        "  - ERROR:EINSTANCEFAULTYDISK:instance:inst1.example.com:couldn't retrieve status for disk/1 on node1",
    ),
    (
        "nodes in several groups",
        lambda w: (mirror_disk(w), other_group(w, TWO)),
        "  - WARNING:EINSTANCESPLITGROUPS:instance:inst1.example.com:instance has nodes in different groups:"
        " default, x",
    ),
    (
        "several secondary nodes",
        lambda w: (mirror_disk(w), mirror_disk(w, on=THREE, index=5)),
        "  - WARNING:EINSTANCELAYOUT:instance:inst1.example.com:instance has multiple secondary nodes:"
        " node2.example.com, node3.example.com",
    ),
    (
        "degraded mirror with good data",
        lambda w: (mirror_disk(w), mirror_state(w, c.LDS_OKAY)),
        "  - WARNING:EINSTANCEFAULTYDISK:instance:inst1.example.com:disk/1 on node1.example.com is degraded; local disk"
        " state is 'ok'",
    ),
    (
        "degraded mirror with bad data",
        lambda w: (mirror_disk(w), mirror_state(w, c.LDS_FAULTY)),
        "  - ERROR:EINSTANCEFAULTYDISK:instance:inst1.example.com:disk/1 on node1.example.com is degraded; local disk"
        " state is 'faulty'",
    ),
    (
        "files where whole disks are given",
        change_cluster(ndparams={**c.NDC_DEFAULTS, c.ND_EXCLUSIVE_STORAGE: True}),
        "  - ERROR:EINSTANCEUNSUITABLENODE:instance:inst1.example.com:instance uses disk types sharedfile, which are"
        " not supported on nodes with exclusive storage: node1.example.com",
    ),
    (
        "no number of spindles",
        change_cluster(ndparams={**c.NDC_DEFAULTS, c.ND_EXCLUSIVE_STORAGE: True}),
        "  - ERROR:EINSTANCEMISSINGCFGPARAMETER:instance:inst1.example.com:number of spindles not configured for"
        " disk/0",
    ),
    (
        "gluster storage",
        lambda w: (
            change_cluster(enabled_disk_templates=(c.DT_SHARED_FILE, c.DT_GLUSTER), gluster_storage_dir="/g")(w),
            answer(TWO, c.NV_GLUSTER_STORAGE_PATH, "not writable")(w),
        ),
        "  - ERROR:ENODEGLUSTERSTORAGEPATHUNUSABLE:node:node2.example.com:the configured Gluster storage path is"
        " unusable: not writable",
    ),
    (
        "not enough memory",
        lambda w: mirror_disk(w, memory=9999),
        "  - ERROR:ENODEN1:node:node2.example.com:not enough memory to accommodate instance failovers should node",
    ),
]


def test_healthy_cluster_has_nothing_to_report(world: ClusterWorld) -> None:
    assert world.run(OP) is True
    assert world.lines() == []


@pytest.mark.parametrize(("change", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_is_wrong_is_named(world: ClusterWorld, change: Callable[[ClusterWorld], None], expected: str) -> None:
    change(world)
    result = world.run(OP)
    found = [line for line in world.lines() if line.startswith(expected)]
    assert len(found) == 1, "\n".join(world.lines())
    assert result is not any(line.startswith("  - ERROR") for line in world.lines())


def test_certificates_come_with_a_hint(world: ClusterWorld) -> None:
    drop_certificate(world)
    world.run(OP)
    assert any("renew-crypto --new-node-certificates" in line for line in world.lines())


def test_headings_are_in_order(world: ClusterWorld) -> None:
    set_node(world, THREE, offline=True, master_candidate=False)
    assert world.run(msgspec.structs.replace(OP, verbose=True)) is True
    assert world.lines(headings=True) == [
        "* Verifying group 'default'",
        "* Gathering data (3 nodes)",
        "* Gathering information about nodes (3 nodes)",
        "* Gathering disk information (1 nodes)",
        "* Verifying configuration file consistency",
        "* Verifying node status",
        "* Verifying node node1.example.com (master)",
        "* Verifying node node2.example.com (master candidate)",
        "* Skipping offline node node3.example.com",
        "* Verifying instance status",
        "* Verifying instance inst1.example.com",
        "* Verifying orphan volumes",
        "* Verifying N+1 Memory redundancy",
        "* Assessing cluster hypervisor parameters",
        "* Other Notes",
        "  - NOTICE: 1 offline node(s) found.",
        "* Hooks Results",
    ]


def test_optional_checks_can_be_skipped(world: ClusterWorld) -> None:
    op = msgspec.structs.replace(OP, skip_checks=[c.VERIFY_NPLUSONE_MEM, c.VERIFY_HVPARAM_ASSESSMENT])
    mirror_disk(world, memory=9999)
    world.run(op)
    assert not [line for line in world.job.log if "ENODEN1" in line or "N+1" in line or "Assessing" in line]


def test_ignored_errors_become_warnings(world: ClusterWorld) -> None:
    stop_guest(world)
    assert world.run(msgspec.structs.replace(OP, ignore_errors=["EINSTANCEDOWN"])) is True
    assert [line.split(":")[0] for line in world.lines()] == ["  - WARNING"]


def test_simulated_errors_name_every_node_and_instance(world: ClusterWorld) -> None:
    assert world.run(msgspec.structs.replace(OP, debug_simulate_errors=True)) is False
    for part in (
        "ENODEHV:node:node3.example.com",
        "EINSTANCEDOWN:instance:inst1",
        "ECLUSTERFILECHECK:cluster:None",
        "ENODEHOOKS:node:node3.example.com",
    ):
        assert any(f"  - ERROR:{part}" in line for line in world.lines()), part


def test_failed_hook_makes_the_verification_fail(world: ClusterWorld) -> None:
    world.rpc.nodes[TWO].hooks = [("10check", c.HKR_FAIL, "disk full\nreally")]
    assert world.run(OP) is False
    log = world.job.log
    start = log.index("  - ERROR:ENODEHOOKS:node:node2.example.com:Script 10check failed, output:")
    assert log[start + 1 : start + 3] == ["      disk full", "      really"]
    assert world.rpc.nodes[TWO].ran_hooks == ["cluster-verify-post"]


def test_empty_group_is_fine(world: ClusterWorld) -> None:
    world.store.add_group(NodeGroup(uuid="10000000-0000-4000-8000-00000000000e", name="empty"))
    assert world.run(msgspec.structs.replace(OP, group_name="empty")) is True
    assert world.job.log == ["* Verifying group 'empty'", "* Empty node group, skipping verification"]


def test_files_of_a_group_without_master_are_compared_with_the_masters(world: ClusterWorld) -> None:
    group = NodeGroup(uuid="10000000-0000-4000-8000-00000000000e", name="other")
    world.store.add_group(group)
    world.store.assign_nodes({THREE: group.uuid})
    files_of(THREE, lambda files: files.update({pathutils.CLUSTER_CONF_FILE: "old"}))(world)
    assert world.run(msgspec.structs.replace(OP, group_name="other")) is False
    assert [line for line in world.lines() if "2 different checksums" in line]
    assert "* Gathering information about the master node" in world.job.log


def test_copies_are_compared_again_when_the_configuration_changes_meanwhile(world: ClusterWorld) -> None:
    node = world.rpc.nodes[TWO]
    plain, calls = type(node).node_verify, []

    def verify(what: dict[str, Any], cluster: str, hvparams: Any) -> dict[str, Any]:
        answers = plain(node, what, cluster, hvparams)
        calls.append(sorted(what))
        if len(calls) == 1:
            answers[c.NV_FILELIST][pathutils.CLUSTER_CONF_FILE] = "on its way"
            world.store.modify_cluster(lambda cluster: msgspec.structs.replace(cluster, zeroing_image="/changed"))
        return answers

    node.node_verify = verify
    assert world.run(OP) is True
    assert calls[1:] == [[c.NV_FILELIST]]


def test_images_just_made_by_another_group_are_no_orphans(world: ClusterWorld) -> None:
    group = NodeGroup(uuid="10000000-0000-4000-8000-00000000000e", name="other")
    world.store.add_group(group)
    world.store.assign_nodes({THREE: group.uuid})
    world.rpc.shared.files["/srv/shared/new/disk0"] = 8
    world.rpc.nodes[TWO].images = [("/srv/shared/old/disk0", 8, 1.0), ("/srv/file/lost/disk0", 2**20, time.time())]
    world.rpc.nodes[ONE].images = [("/srv/shared/old/disk0", 2**20, 1.0)]
    world.run(OP)
    assert [line for line in world.lines() if "ENODEORPHANLV" in line] == [
        "  - WARNING:ENODEORPHANLV:node:node1.example.com:disk image /srv/shared/old/disk0 (1 MiB) is unknown to the"
        " cluster",
        "  - WARNING:ENODEORPHANLV:node:node2.example.com:disk image /srv/file/lost/disk0 (1 MiB) is unknown to the"
        " cluster",
    ]


def test_unknown_group_is_refused(world: ClusterWorld) -> None:
    with pytest.raises(OpPrereqError):
        world.run(msgspec.structs.replace(OP, group_name="nobody"))


def test_node_that_holds_no_instances_is_not_asked_about_them(world: ClusterWorld) -> None:
    set_node(world, TWO, vm_capable=False)
    for key in (c.NV_HYPERVISOR, c.NV_HVPARAMS, c.NV_INSTANCELIST, c.NV_HVINFO, c.NV_OSLIST):
        answer(TWO, key, None)(world)
    assert world.run(OP) is True
    assert isinstance(world.config.nodes[TWO], Node)
