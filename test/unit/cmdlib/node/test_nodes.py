"""Nodes join, change their role and leave."""

from typing import Any

import msgspec
import pytest

from ganeti import constants as c
from ganeti import opcodes
from ganeti.cmdlib.node import add
from ganeti.errors import OpExecError, OpPrereqError
from test.unit.cmdlib.clusterworld import ClusterWorld, digest_of, healthy_config
from test.unit.cmdlib.instance.world import set_node
from test.unit.factories import make_instance, node_uuid

ONE, TWO, THREE = node_uuid(1), node_uuid(2), node_uuid(3)
NEW = "node4.example.com"


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> ClusterWorld:
    """Three candidates; names resolve to 192.0.2.(10 + number), and every node answers."""

    def fqdn(name: str, _family: int | None = None) -> tuple[str, str]:
        full = name if "." in name else f"{name}.example.com"
        return full, f"192.0.2.{10 + int(full.partition('.')[0][4:])}"

    monkeypatch.setattr(add.net, "fqdn", fqdn)
    monkeypatch.setattr(add.net, "tcp_ping", lambda *_args, **_kwargs: True)
    return ClusterWorld()


def refused(world: ClusterWorld, op: opcodes.OpCode, code: str) -> str:
    """Return why an opcode is refused; nothing may have changed."""
    before = world.config
    with pytest.raises(OpPrereqError) as caught:
        world.run(op)
    assert caught.value.args[1] == code
    assert world.config is before
    return str(caught.value.args[0])


def change(world: ClusterWorld, node: str = "node2", **changes: Any) -> dict[str, Any]:
    result = world.run(opcodes.OpNodeSetParams(node_name=node, **changes))
    return dict(map(tuple, result))


# joining


def test_new_node_becomes_a_candidate_while_they_are_few(world: ClusterWorld) -> None:
    world.rpc.add_new(NEW, "192.0.2.14")
    world.run(opcodes.OpNodeAdd(node_name="node4", ndparams={"spindle_count": "3", "oob_program": "default"}))
    node = next(node for node in world.config.nodes.values() if node.name == NEW)
    assert node.master_candidate and node.primary_ip == node.secondary_ip == "192.0.2.14"
    assert node.ndparams == {"spindle_count": 3}
    assert world.config.cluster.candidate_certs[node.uuid] == "AA:NEW"


def test_new_node_stays_regular_when_candidates_suffice(world: ClusterWorld) -> None:
    world.store.modify_cluster(lambda cluster: msgspec.structs.replace(cluster, candidate_pool_size=3))
    world.rpc.add_new(NEW, "192.0.2.14")
    world.run(opcodes.OpNodeAdd(node_name=NEW, hv_state={"fake": {"mem_node": "512"}}))
    node = next(node for node in world.config.nodes.values() if node.name == NEW)
    assert not node.master_candidate
    assert node.uuid not in world.config.cluster.candidate_certs
    assert node.hv_state_static == {"fake": {"mem_node": 512}}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"node_name": "node2"}, c.ECODE_EXISTS),
        ({"node_name": NEW, "readd": True}, c.ECODE_NOENT),
        ({"node_name": "node1", "readd": True}, c.ECODE_STATE),
        ({"node_name": "node2", "readd": True, "group": "default"}, c.ECODE_INVAL),
        ({"node_name": NEW, "secondary_ip": "2001:db8::1"}, c.ECODE_INVAL),
        ({"node_name": NEW, "secondary_ip": "198.51.100.4"}, c.ECODE_INVAL),
        ({"node_name": NEW, "group": "nowhere"}, c.ECODE_NOENT),
        ({"node_name": NEW, "ndparams": {"exclusive_storage": True}}, c.ECODE_INVAL),
        ({"node_name": NEW, "hv_state": {"odd": {}}}, c.ECODE_INVAL),
    ],
)
def test_node_that_cannot_be_added(world: ClusterWorld, changes: dict[str, Any], code: str) -> None:
    world.rpc.add_new(NEW, "192.0.2.14")
    refused(world, opcodes.OpNodeAdd(**changes), code)


def test_node_with_another_protocol_is_refused(world: ClusterWorld) -> None:
    node = world.rpc.add_new(NEW, "192.0.2.14")
    node.version = lambda: 1  # type: ignore[method-assign]
    refused(world, opcodes.OpNodeAdd(node_name=NEW), c.ECODE_ENVIRON)


def test_node_that_does_not_answer_is_refused(world: ClusterWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(add.net, "tcp_ping", lambda *_args, **_kwargs: False)
    refused(world, opcodes.OpNodeAdd(node_name=NEW), c.ECODE_ENVIRON)


def test_node_that_comes_back_is_online_and_rid_of_old_copies(world: ClusterWorld) -> None:
    world.store.modify_cluster(lambda cluster: msgspec.structs.replace(cluster, candidate_pool_size=2))
    set_node(world, THREE, offline=True, master_candidate=False, ndparams={"spindle_count": 7})
    world.rpc.add_new("node3.example.com")
    world.run(opcodes.OpNodeAdd(node_name="node3", readd=True))
    node = world.config.nodes[THREE]
    assert not node.offline and not node.master_candidate and node.ndparams == {}
    assert THREE not in world.config.cluster.candidate_certs
    assert world.rpc.nodes[THREE].demoted


# leaving


def test_node_that_leaves_is_replaced_as_candidate_and_cleans_up(world: ClusterWorld) -> None:
    set_node(world, THREE, master_candidate=False)
    world.store.set_candidate_cert(THREE, None)
    world.store.modify_cluster(lambda cluster: msgspec.structs.replace(cluster, candidate_pool_size=2))
    world.run(opcodes.OpNodeRemove(node_name="node2"))
    config = world.config
    assert set(config.nodes) == {ONE, THREE} and config.nodes[THREE].master_candidate
    assert config.cluster.candidate_certs == {ONE: digest_of(ONE), THREE: digest_of(THREE)}
    assert world.rpc.nodes[TWO].left
    assert world.rpc.nodes[TWO].ran_hooks == ["node-remove-post"]


def test_candidate_that_hides_its_certificate_does_not_stop_a_removal(world: ClusterWorld) -> None:
    set_node(world, THREE, master_candidate=False)
    world.store.set_candidate_cert(THREE, None)
    world.store.modify_cluster(lambda cluster: msgspec.structs.replace(cluster, candidate_pool_size=2))
    world.rpc.broken[THREE, "node_crypto_tokens"] = "no"
    world.run(opcodes.OpNodeRemove(node_name="node2"))
    assert TWO not in world.config.nodes
    assert any("WARNING: Cannot get the digest" in line for line in world.job.log)


def test_master_cannot_leave(world: ClusterWorld) -> None:
    refused(world, opcodes.OpNodeRemove(node_name="node1"), c.ECODE_INVAL)


def test_what_to_do_about_keys_depends_on_whether_the_node_leaves(world: ClusterWorld) -> None:
    world.store.modify_cluster(lambda cluster: msgspec.structs.replace(cluster, modify_ssh_setup=True))
    unreachable = [("node2.example.com", "timed out"), ("node3.example.com", "refused")]
    world.rpc.nodes[ONE].node_ssh_key_remove = lambda *_args: unreachable
    world.run(opcodes.OpNodeRemove(node_name="node2"))
    text = "\n".join(world.lines())
    assert "on node node2.example.com: timed out" in text
    assert "node-cleanup --yes-do-it" in text
    assert "gnt-node add --readd node3.example.com" in text
    assert "--readd node2.example.com" not in text


def test_node_with_instances_cannot_leave() -> None:
    world = ClusterWorld(healthy_config(instances=(make_instance(1, primary_node=TWO),)))
    assert "inst1.example.com" in refused(world, opcodes.OpNodeRemove(node_name="node2"), c.ECODE_INVAL)


# switches and daemons


@pytest.mark.parametrize(("link", "uplink"), [("", None), ("eth1", "eth1")])
def test_node_gets_its_virtual_switch(world: ClusterWorld, link: str, uplink: str | None) -> None:
    node = world.rpc.add_new(NEW, "192.0.2.14")
    params = {"ovs": "true", "ovs_name": "sw0", "ovs_link": link}
    world.run(opcodes.OpNodeAdd(node_name="node4", ndparams=params))
    assert node.switches == [("sw0", uplink)]
    assert any("has no uplink" in line for line in world.job.log) is (uplink is None)


def test_node_whose_switch_fails_is_not_added(world: ClusterWorld) -> None:
    world.rpc.add_new(NEW, "192.0.2.14")
    world.rpc.broken[None, "node_configure_ovs"] = "no such interface"
    before = world.config
    with pytest.raises(OpExecError, match="virtual switch"):
        world.run(opcodes.OpNodeAdd(node_name="node4", ndparams={"ovs": "true"}))
    assert world.config is before


def test_node_gets_no_switch_unasked(world: ClusterWorld) -> None:
    node = world.rpc.add_new(NEW, "192.0.2.14")
    world.run(opcodes.OpNodeAdd(node_name="node4"))
    assert (node.switches, node.daemons) == ([], [])


def test_daemon_that_notices_shutdowns_runs_where_guests_may_be(world: ClusterWorld) -> None:
    world.store.modify_cluster(
        lambda cluster: msgspec.structs.replace(
            cluster, enabled_hypervisors=(c.HT_FAKE, c.HT_KVM), enabled_user_shutdown=True
        )
    )
    node = world.rpc.add_new(NEW, "192.0.2.14")
    world.run(opcodes.OpNodeAdd(node_name="node4"))
    assert node.daemons == [(c.KVMD, True)]
    change(world, vm_capable=False)
    change(world, vm_capable=True)
    change(world, vm_capable=True)
    assert world.rpc.nodes[TWO].daemons == [(c.KVMD, False), (c.KVMD, True)]


# roles

_ROLES = ("candidate", "drained", "offline", "regular")
_FLAGS = {"candidate": "master_candidate", "drained": "drained", "offline": "offline"}


def _as(world: ClusterWorld, role: str) -> None:
    """Give the second node a role."""
    set_node(world, TWO, **{flag: role == name for name, flag in _FLAGS.items()})
    if role != "candidate":
        world.store.set_candidate_cert(TWO, None)


def _expected_role(old: str, flag: str, value: bool, *, is_missing: bool) -> str:
    """Return the role that follows; *is_missing*: there are too few candidates."""
    if value:
        return flag
    if flag != old:
        return old
    return "candidate" if is_missing and old in ("drained", "offline") else "regular"


@pytest.mark.parametrize("pool_size", [1, 2, 3])
@pytest.mark.parametrize("auto_promote", [False, True])
@pytest.mark.parametrize("value", [True, False])
@pytest.mark.parametrize("flag", list(_FLAGS))
@pytest.mark.parametrize("old", _ROLES)
def test_every_change_of_a_role(
    world: ClusterWorld, old: str, flag: str, value: bool, auto_promote: bool, pool_size: int
) -> None:
    """The master is a candidate, the second node as given, the third regular."""
    set_node(world, THREE, master_candidate=False)
    world.store.set_candidate_cert(THREE, None)
    _as(world, old)
    world.store.modify_cluster(lambda cluster: msgspec.structs.replace(cluster, candidate_pool_size=pool_size))
    new = _expected_role(old, flag, value, is_missing=pool_size > 1)
    op = opcodes.OpNodeSetParams(node_name="node2", auto_promote=auto_promote, **{_FLAGS[flag]: value})
    is_demoted = old == "candidate" and new != "candidate"
    if is_demoted and pool_size > 1 and not auto_promote:
        refused(world, op, c.ECODE_STATE)
        return
    result = dict(map(tuple, world.run(op)))
    node = world.config.nodes[TWO]
    assert {name for name, field in _FLAGS.items() if getattr(node, field)} == {new} - {"regular"}
    changed = {_FLAGS[role]: str(role == new) for role in {old, new} - {"regular"}} if old != new else {}
    assert result == changed
    assert (TWO in world.config.cluster.candidate_certs) is (new == "candidate")
    assert world.rpc.nodes[TWO].demoted is (is_demoted and new != "offline")
    assert world.config.nodes[THREE].master_candidate is (is_demoted and auto_promote and pool_size > 1)


@pytest.mark.parametrize(("flag", "lost"), [("offline", True), ("drained", True)])
def test_candidate_gives_its_role_up(world: ClusterWorld, flag: str, lost: bool) -> None:
    world.store.modify_cluster(lambda cluster: msgspec.structs.replace(cluster, candidate_pool_size=2))
    assert change(world, **{flag: True}) == {"master_candidate": "False", flag: "True"}
    assert (TWO not in world.config.cluster.candidate_certs) is lost
    assert world.rpc.nodes[TWO].demoted is (flag != "offline")


def test_last_candidates_stay_unless_others_take_their_place(world: ClusterWorld) -> None:
    world.store.modify_cluster(lambda cluster: msgspec.structs.replace(cluster, candidate_pool_size=2))
    set_node(world, THREE, master_candidate=False)
    world.store.set_candidate_cert(THREE, None)
    refused(world, opcodes.OpNodeSetParams(node_name="node2", master_candidate=False), c.ECODE_STATE)
    change(world, master_candidate=False, auto_promote=True)
    assert world.config.nodes[THREE].master_candidate
    assert set(world.config.cluster.candidate_certs) == {ONE, THREE}


def test_node_that_comes_back_becomes_a_candidate_again(world: ClusterWorld) -> None:
    set_node(world, TWO, offline=True, master_candidate=False)
    world.store.set_candidate_cert(TWO, None)
    assert change(world, offline=False) == {"offline": "False", "master_candidate": "True"}
    assert world.config.cluster.candidate_certs[TWO] == digest_of(TWO)


def test_node_that_is_still_away_cannot_come_back(world: ClusterWorld) -> None:
    set_node(world, TWO, offline=True, master_candidate=False)
    world.rpc.broken[TWO, "version"] = "no route"
    refused(world, opcodes.OpNodeSetParams(node_name="node2", offline=False), c.ECODE_STATE)


def test_node_that_cannot_be_master_is_no_candidate(world: ClusterWorld) -> None:
    world.store.modify_cluster(lambda cluster: msgspec.structs.replace(cluster, candidate_pool_size=2))
    assert change(world, master_capable=False) == {"master_capable": "False", "master_candidate": "False"}
    refused(world, opcodes.OpNodeSetParams(node_name="node2", master_candidate=True), c.ECODE_STATE)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"node_name": "node2"}, c.ECODE_INVAL),
        ({"node_name": "node2", "offline": True, "drained": True}, c.ECODE_INVAL),
        ({"node_name": "node1", "drained": True}, c.ECODE_INVAL),
        ({"node_name": "node1", "master_capable": False}, c.ECODE_STATE),
        ({"node_name": "node2", "powered": False}, c.ECODE_STATE),
        ({"node_name": "node2", "ndparams": {"exclusive_storage": True}}, c.ECODE_INVAL),
        ({"node_name": "node2", "disk_state": {"file": {}}}, c.ECODE_INVAL),
        ({"node_name": "nobody", "offline": True}, c.ECODE_NOENT),
    ],
)
def test_changes_that_are_refused(world: ClusterWorld, changes: dict[str, Any], code: str) -> None:
    refused(world, opcodes.OpNodeSetParams(**changes), code)


def test_of_several_reasons_the_documented_first_one_is_told(world: ClusterWorld) -> None:
    world.store.modify_cluster(lambda cluster: msgspec.structs.replace(cluster, candidate_pool_size=2))
    set_node(world, THREE, master_candidate=False)
    too_few = opcodes.OpNodeSetParams(node_name="node2", drained=True, powered=True)
    assert "Not enough master candidates" in refused(world, too_few, c.ECODE_STATE)
    set_node(world, TWO, master_candidate=False, offline=True, powered=False)
    back = opcodes.OpNodeSetParams(node_name="node2", offline=False, powered=False)
    assert "no out-of-band program" in refused(world, back, c.ECODE_STATE)
    assert not any("Auto-promoting" in line for line in world.job.log)


def test_power_state_alone_is_a_modification(world: ClusterWorld) -> None:
    world.store.modify_cluster(
        lambda cluster: msgspec.structs.replace(cluster, ndparams={**cluster.ndparams, c.ND_OOB_PROGRAM: "/oob"})
    )
    assert change(world, powered=False) == {}
    assert not world.config.nodes[TWO].powered
    assert change(world, powered=True, vm_capable=True, master_capable=True) == {
        "master_capable": "True",
        "vm_capable": "True",
    }
    assert world.config.nodes[TWO].powered


def test_parameters_and_states(world: ClusterWorld) -> None:
    change(world, ndparams={"spindle_count": "4"}, disk_state={"plain": {"vg": {"disk_total": "10"}}})
    assert world.config.nodes[TWO].ndparams == {"spindle_count": 4}
    assert world.config.nodes[TWO].disk_state_static == {"plain": {"vg": {"disk_total": 10}}}
    change(world, ndparams={"spindle_count": "default"}, disk_state={"plain": {"vg": {"disk_total": "default"}}})
    assert world.config.nodes[TWO].ndparams == {}
    assert world.config.nodes[TWO].disk_state_static == {}


def test_node_with_instances_must_stay_vm_capable() -> None:
    world = ClusterWorld(healthy_config(instances=(make_instance(1, primary_node=TWO),)))
    refused(world, opcodes.OpNodeSetParams(node_name="node2", vm_capable=False), c.ECODE_STATE)
