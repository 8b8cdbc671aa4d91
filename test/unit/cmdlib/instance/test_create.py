"""Creation of instances."""

from typing import Any

import msgspec
import pytest

from ganeti import constants as c
from ganeti.cmdlib.verify.config_check import check_unfinished
from ganeti.errors import GenericError, OpExecError, OpPrereqError, ResultValidationError
from ganeti.jqueue.execution import LocksNotObtained
from ganeti.objects import Node, NodeGroup
from ganeti.opcodes import OpInstanceCreate, OpInstanceRemove, OpInstanceRename, OpInstanceStartup
from test.unit.cmdlib.instance.world import OTHER, PRIMARY, World, set_node
from test.unit.factories import make_config

NAME = "web1.example.com"


def create(**changes: Any) -> OpInstanceCreate:
    values: dict[str, Any] = {
        "instance_name": NAME,
        "mode": c.INSTANCE_CREATE,
        "disk_template": c.DT_SHARED_FILE,
        "disks": [{"size": 1024}],
        "nics": [{}],
        "pnode": "node1",
        "os_type": "busybox",
        "ignore_ipolicy": True,
    }
    return OpInstanceCreate(**{**values, **changes})


def test_creates_disks_installs_and_starts() -> None:
    world = World()
    assert world.run(create(disks=[{"size": 1024}, {"size": 2048, "mode": "ro"}])) == ["node1.example.com"]
    instance, (first, second) = world.instance(NAME), world.disks(NAME)
    assert (instance.admin_state, instance.disks_active) == (c.ADMINST_UP, True)
    assert world.node(PRIMARY).guests == {NAME: 128}
    assert [name for name, _ in world.node(PRIMARY).installed] == [NAME]
    assert (first.iv_name, second.iv_name, second.mode) == ("disk/0", "disk/1", "ro")
    assert first.logical_id[1].startswith(f"/srv/shared/{NAME}/") and first.logical_id[1].endswith(".sharedfile.disk0")
    assert set(world.rpc.shared.files) == {first.logical_id[1], second.logical_id[1]}
    assert instance.nics[0].mac.startswith("aa:00:00:") and instance.nics[0].nicparams == {}


def test_diskless_instance_runs_no_scripts() -> None:
    world = World()
    world.run(create(disk_template=c.DT_DISKLESS, disks=[], start=False))
    assert world.instance(NAME).admin_state == c.ADMINST_DOWN
    assert not world.node(PRIMARY).installed and not world.node(PRIMARY).guests


def test_without_installation_nothing_is_started() -> None:
    world = World()
    world.run(create(no_install=True, os_type=None))
    assert not world.instance(NAME).disks_active
    assert not world.node(PRIMARY).installed and not world.node(PRIMARY).guests


def test_file_disks_belong_to_their_node() -> None:
    world = World()
    world.run(create(disk_template=c.DT_FILE, file_storage_dir="sub", start=False))
    (disk,) = world.disks(NAME)
    assert disk.nodes == (PRIMARY,) and disk.logical_id[1].startswith(f"/srv/file/sub/{NAME}/")


def test_kvm_gets_a_port() -> None:
    world = World(make_config(cluster={"enabled_hypervisors": (c.HT_KVM,)}))
    world.run(create(hypervisor=c.HT_KVM, hvparams={"kernel_path": ""}, start=False))
    assert world.instance(NAME).network_port == c.FIRST_DRBD_PORT
    world.run(OpInstanceRemove(instance_name=NAME))
    assert world.config.cluster.tcpudp_port_pool == (c.FIRST_DRBD_PORT,)


def _failing(**broken: str) -> World:
    world = World(make_config(cluster={"enabled_hypervisors": (c.HT_KVM,)}))
    world.rpc.broken.update({(None, name): text for name, text in broken.items()})
    return world


@pytest.mark.parametrize("procedure", ["file_storage_dir_create", "blockdev_create"])
def test_failed_disk_creation_takes_everything_back(procedure: str) -> None:
    world = _failing(**{procedure: "No space left on device"})
    with pytest.raises(OpExecError, match="No space left on device"):
        world.run(create(hypervisor=c.HT_KVM, hvparams={"kernel_path": ""}))
    assert not world.config.instances and not world.config.disks
    assert not world.rpc.shared.files and not world.rpc.shared.directories
    assert world.config.cluster.tcpudp_port_pool == (c.FIRST_DRBD_PORT,)


def test_leftovers_that_cannot_be_removed_stay_known() -> None:
    world = World()
    world.rpc.broken.update({(None, "blockdev_create"): "broken", (None, "blockdev_remove"): "broken"})
    with pytest.raises(OpExecError):
        world.run(create())
    assert world.instance(NAME).disks_active, "verification would not name the missing disks"
    world.rpc.broken.clear()
    world.run(OpInstanceRemove(instance_name=NAME))
    assert not world.config.instances


def test_failed_wipe_takes_everything_back() -> None:
    world = World(make_config(cluster={"prealloc_wipe_disks": True}))
    world.rpc.broken[None, "blockdev_wipe"] = "dd failed"
    with pytest.raises(OpExecError, match="dd failed"):
        world.run(create())
    assert not world.config.instances and not world.rpc.shared.files


def test_failed_installation_leaves_the_instance() -> None:
    world = World()
    world.rpc.broken[None, "instance_os_add"] = "script failed"
    with pytest.raises(OpExecError, match=r"Could not install OS busybox .* script failed"):
        world.run(create())
    assert world.instance(NAME).admin_state == c.ADMINST_DOWN and world.rpc.shared.files


def test_failed_start_leaves_the_instance_marked_up() -> None:
    world = World()
    world.rpc.broken[None, "instance_start"] = "no emulator"
    with pytest.raises(OpExecError, match="Could not start instance"):
        world.run(create())
    assert world.instance(NAME).admin_state == c.ADMINST_UP


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"instance_name": "a..b"}, c.ECODE_INVAL, "Invalid instance name"),
    ({"pnode": "nowhere"}, c.ECODE_NOENT, "Node 'nowhere'"),
    ({"pnode": None}, c.ECODE_INVAL, "No iallocator is given.*; name a primary node"),
    ({"disks": [{"size": -5}]}, c.ECODE_INVAL, "Invalid disk size"),
    ({"disks": [{}]}, c.ECODE_INVAL, "Missing disk size"),
    ({"disks": [{"size": 1024, "mode": "wo"}]}, c.ECODE_INVAL, "access mode"),
    ({"disks": [{"size": 1024, "sise": 1}]}, c.ECODE_INVAL, "Unknown parameter 'sise'"),
    ({"disks": [{"size": 1024, "name": "7"}]}, c.ECODE_INVAL, "taken for an index"),
    ({"disk_template": c.DT_PLAIN}, None, "not enabled"),
    ({"disk_template": c.DT_DISKLESS}, c.ECODE_INVAL, "without disks"),
    ({"hypervisor": c.HT_XEN_PVM}, c.ECODE_STATE, "not enabled"),
    ({"hvparams": {"no_such": 1}}, c.ECODE_INVAL, "no_such"),
    ({"hvparams": {"migration_mode": "live"}}, c.ECODE_INVAL, "global"),
    ({"beparams": {"maxmem": "many"}}, c.ECODE_INVAL, "maxmem"),
    ({"beparams": {"minmem": 512, "maxmem": 256}}, c.ECODE_INVAL, "above maximum"),
    ({"beparams": {"memory": 8192}}, c.ECODE_NORES, "Not enough memory on node node1.example.com"),
    ({"beparams": {"memory": 65536}, "ignore_ipolicy": False, "start": False}, c.ECODE_INVAL, "memory-size"),
    ({"os_type": None}, c.ECODE_INVAL, "No guest OS"),
    ({"os_type": "windows"}, None, "OS windows not found"),
    ({"nics": [{"mode": "bridged", "link": "br9"}]}, c.ECODE_ENVIRON, "missing bridges br9"),
    ({"nics": [{"mode": "routed"}]}, c.ECODE_INVAL, "requires an ip"),
    ({"nics": [{"ip": "pool"}]}, c.ECODE_INVAL, "network"),
    ({"nics": [{"mac": "00:11"}]}, c.ECODE_INVAL, "Invalid MAC"),
    ({"nics": [{"ip": "300.1.1.1"}]}, c.ECODE_INVAL, "Invalid IP"),
    ({"nics": [{}] * 9}, c.ECODE_INVAL, "8 NICs at most"),
    ({"file_storage_dir": "../out"}, c.ECODE_INVAL, "leads out"),
    ({"tags": ["a b"]}, c.ECODE_INVAL, "invalid characters"),
    ({"ip_check": True}, c.ECODE_INVAL, "name check"),
]


@pytest.mark.parametrize(("changes", "code", "text"), WRONG)
def test_bad_input_is_refused_without_any_change(changes: dict[str, Any], code: str | None, text: str) -> None:
    world = World()
    serial = world.config.serial_no
    with pytest.raises(GenericError, match=text) as caught:
        world.run(create(**changes))
    if code is not None:
        assert caught.value.args[1] == code
    assert world.config.serial_no == serial and not world.rpc.shared.files


def test_name_and_mac_are_unique() -> None:
    world = World()
    world.run(create(nics=[{"mac": "AA:00:00:00:00:05"}]))
    with pytest.raises(OpPrereqError, match="already in the cluster"):
        world.run(create())
    with pytest.raises(OpPrereqError) as caught:
        world.run(create(instance_name="web2.example.com", nics=[{"mac": "aa:00:00:00:00:05"}]))
    assert caught.value.args[1] == c.ECODE_NOTUNIQUE


@pytest.mark.parametrize("field", ["offline", "drained"])
def test_unusable_nodes_are_refused(field: str) -> None:
    world = World()
    changes: dict[str, Any] = {field: True, "master_candidate": False}
    world.store.modify(Node, OTHER, lambda node: msgspec.structs.replace(node, **changes))
    with pytest.raises(OpPrereqError, match=f"{field} node node2.example.com") as caught:
        world.run(create(pnode="node2"))
    assert caught.value.args[1] == c.ECODE_STATE


def test_dry_run_returns_the_nodes_and_changes_nothing() -> None:
    world = World()
    assert world.run(create(dry_run=True)) == [PRIMARY]
    assert not world.config.instances and not world.rpc.shared.files


def test_untrusted_os_is_refused_before_anything_is_made() -> None:
    world = World()
    world.node(PRIMARY).os_trusted = False
    with pytest.raises(OpPrereqError, match="not trusted"):
        world.run(create())


def test_unfinished_instances_are_only_removed() -> None:
    world = World()

    def die(number: int) -> None:
        if world.rpc.names()[-1:] == ["blockdev_create"]:
            raise MasterDied

    world.rpc.before_call = die
    with pytest.raises(MasterDied):
        world.run(create())
    world.rpc.before_call = lambda number: None
    (finding,) = check_unfinished(world.config)
    assert NAME in finding.text
    for op in (OpInstanceStartup(instance_name=NAME), OpInstanceRename(instance_name=NAME, new_name="x")):
        with pytest.raises(OpPrereqError, match="was not finished"):
            world.run(op)
    world.run(OpInstanceRemove(instance_name=NAME))
    assert not world.config.instances and not world.rpc.shared.files


class MasterDied(BaseException):
    """The master process was killed."""


def _create_and_die(death: int) -> tuple[World, bool]:
    world = World()

    def die(number: int) -> None:
        if number == death:
            raise MasterDied

    world.rpc.before_call = die
    try:
        world.run(create())
    except MasterDied:
        return world, True
    return world, False


def test_a_master_that_dies_at_any_call_leaves_only_what_removal_repairs() -> None:
    death, died = 0, True
    while died:
        death += 1
        world, died = _create_and_die(death)
        world.rpc.before_call = lambda number: None
        known = {disk.logical_id[1] for disk in world.config.disks.values()}
        assert set(world.rpc.shared.files) <= known, "files that nobody knows of"
        assert set(world.node(PRIMARY).guests) <= {instance.name for instance in world.config.instances.values()}
        if died and world.rpc.shared.files and not world.node(PRIMARY).guests:
            named = [*check_unfinished(world.config)] or world.instance(NAME).admin_state == c.ADMINST_UP
            assert named or not world.instance(NAME).forthcoming, "verification names nothing"
        if world.config.instances:
            world.run(OpInstanceRemove(instance_name=NAME))
        assert not world.config.instances and not world.config.disks
        assert not world.rpc.shared.files and not world.node(PRIMARY).guests
    assert death > 10


# with an allocator


def _choosing(*names: str) -> Any:
    return lambda _data: {"success": True, "info": "", "result": [f"{name}.example.com" for name in names]}


def _asking(world: World, answer: Any, **changes: Any) -> OpInstanceCreate:
    """Let the master have an allocator; return an opcode that makes use of it."""
    world.node(PRIMARY).allocators["mine"] = answer
    return create(**{"pnode": None, "iallocator": "mine", **changes})


def test_allocator_chooses_the_node() -> None:
    world = World()
    op = _asking(world, _choosing("node2"), tags=["t"], beparams={"memory": 200}, disks=[{"size": 1024}])
    assert world.run(op) == ["node2.example.com"]
    assert world.instance(NAME).primary_node == OTHER and NAME in world.node(OTHER).guests
    ((_, data, _),) = world.node(PRIMARY).allocator_runs
    request = data["request"]
    assert (request["name"], request["memory"], request["tags"], request["group_name"]) == (NAME, 200, ["t"], None)
    assert request["disk_space_total"] == 1024 and "restrict-to-nodes" not in request
    # It sees the address that the instance will have.
    assert [nic["mac"] for nic in request["nics"]] == [world.instance(NAME).nics[0].mac]


def test_default_allocator_is_asked_for_instances_without_nodes() -> None:
    world = World(make_config(cluster={"default_iallocator": "mine"}))
    assert world.run(_asking(world, _choosing("node3"), iallocator=None)) == ["node3.example.com"]


def test_allocator_cannot_choose_outside_of_the_wanted_group() -> None:
    other = NodeGroup(uuid="10000000-0000-4000-8000-000000000002", name="rack2")
    config = make_config()
    config.nodegroups[other.uuid] = other
    config.nodes[OTHER] = msgspec.structs.replace(config.nodes[OTHER], group=other.uuid)
    world = World(config)
    with pytest.raises(ResultValidationError, match="not among those it was to choose from: node1"):
        world.run(_asking(world, _choosing("node1"), group_name="rack2"))
    assert not world.config.instances
    assert world.run(_asking(world, _choosing("node2"), group_name="rack2")) == ["node2.example.com"]
    assert world.node(PRIMARY).allocator_runs[-1][1]["request"]["group_name"] == "rack2"


@pytest.mark.parametrize(
    ("answer", "kind", "problem"),
    [
        ({"success": False, "info": "full", "result": []}, OpPrereqError, "using iallocator 'mine': full"),
        ({"success": True, "info": "", "result": []}, ResultValidationError, r"invalid number of nodes \(0\)"),
        ({"success": True, "info": "", "result": ["x"]}, ResultValidationError, "not in the cluster: x"),
        ("rubbish", OpExecError, "Can't parse iallocator results"),
    ],
)
def test_nothing_is_made_without_a_proper_answer(answer: Any, kind: type[GenericError], problem: str) -> None:
    world = World()
    with pytest.raises(kind, match=problem):
        world.run(_asking(world, lambda _data: answer))
    assert not world.config.instances and not world.rpc.shared.files


def test_chosen_node_must_be_usable() -> None:
    world = World()
    set_node(world, OTHER, drained=True, master_candidate=False)
    with pytest.raises(OpPrereqError, match="Can't use drained node node2"):
        world.run(_asking(world, _choosing("node2")))


def test_existing_volumes_cannot_be_adopted_by_chance() -> None:
    world = World(make_config(cluster={"enabled_disk_templates": (c.DT_PLAIN,), "default_iallocator": "mine"}))
    op = _asking(world, _choosing("node2"), iallocator=None, disk_template="plain", disks=[{"adopt": "x"}])
    with pytest.raises(OpPrereqError, match="adoption not allowed with an iallocator"):
        world.run(op)


def _with_busy_node(world: World, uuid: str) -> None:
    world.locks.acquire("other", c.LEVEL_CLUSTER, [c.BGL], shared=True)
    world.locks.acquire("other", c.LEVEL_NODE, [uuid], shared=False)


def test_opportunistic_creation_makes_do_with_what_is_free() -> None:
    world = World()
    _with_busy_node(world, OTHER)
    op = _asking(world, _choosing("node3"), opportunistic_locking=True)
    assert world.attempt(op) == ["node3.example.com"]
    ((_, data, _),) = world.node(PRIMARY).allocator_runs
    assert data["request"]["restrict-to-nodes"] == ["node1.example.com", "node3.example.com"]


def test_opportunistic_creation_waits_for_all_if_the_free_ones_do_not_suffice() -> None:
    world = World()
    _with_busy_node(world, OTHER)

    def only_among_all(data: dict[str, Any]) -> dict[str, Any]:
        return {"success": "restrict-to-nodes" not in data["request"], "info": "", "result": ["node2.example.com"]}

    op = _asking(world, only_among_all, opportunistic_locking=True)
    with pytest.raises(LocksNotObtained):
        world.attempt(op)
    retry = world.job.ops[-1]
    assert isinstance(retry, OpInstanceCreate) and not retry.opportunistic_locking
    assert world.job.log[-1] == "* falling back to full lock allocation"
    world.locks.release_all("other")
    assert world.attempt(retry) == ["node2.example.com"]
