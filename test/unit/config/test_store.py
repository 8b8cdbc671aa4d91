"""The store: visible changes, serial numbers, indexes and the file stay in step with each other."""

import json
import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from ganeti import constants as c
from ganeti import errors
from ganeti.config import ConfigStore, verify
from ganeti.config.encode import ConfigEncoder
from ganeti.config.index import build_index
from ganeti.config.load import parse
from ganeti.config.opening import open_store, write_initial
from ganeti.config.store import needs_synchronous_distribution
from ganeti.config.usage import PORTS, TABLES, Usage
from ganeti.objects import ConfigData, Disk, Instance, Network, Nic, Node, NodeGroup, encode_clear
from test.unit.factories import GROUP_UUID, make_config, make_disk, make_instance, make_node, node_uuid

SOURCE_TREE = Path(__file__).parents[3]
NETWORK_UUID = "70000000-0000-4000-8000-000000000001"


def make_network() -> Network:
    return Network(
        uuid=NETWORK_UUID, name="lan", network="203.0.113.0/29", reservations="0" * 8, ext_reservations="11000001"
    )


def usage_tables(usage: Usage) -> dict[str, dict[object, list[str]]]:
    return {table: {key: sorted(usage.users(table, key)) for key in usage.keys(table)} for table in TABLES}


def drbd_disk(number: int, port: int, minors: tuple[int, int]) -> Disk:
    logical_id = (node_uuid(1), node_uuid(2), port, *minors, f"{number:040x}")
    return make_disk(number, dev_type=c.DT_DRBD8, logical_id=logical_id, nodes=(node_uuid(1), node_uuid(2)))


def test_a_change_is_visible_at_once_and_bumps_serial_numbers() -> None:
    store = ConfigStore(make_config())
    before = store.snapshot()
    node = store.update(msgspec.structs.replace(before.nodes[node_uuid(2)], drained=True, master_candidate=False))
    after = store.snapshot()
    assert (node.serial_no, node.drained) == (2, True)
    assert after.nodes[node_uuid(2)] == node
    assert after.serial_no == before.serial_no + 1
    assert after.cluster.serial_no == before.cluster.serial_no + 1
    assert after.nodes[node_uuid(1)] is before.nodes[node_uuid(1)]
    assert before.nodes[node_uuid(2)].drained is False


def test_changes_of_groups_and_networks_are_no_changes_of_the_cluster_until_they_come_or_go() -> None:
    store = ConfigStore(make_config())

    def cluster_serial() -> int:
        return store.snapshot().cluster.serial_no

    before = cluster_serial()
    store.add_network(make_network())
    assert cluster_serial() == before + 1
    for kind, uuid in ((Network, NETWORK_UUID), (NodeGroup, GROUP_UUID)):
        assert store.modify(kind, uuid, lambda item: msgspec.structs.replace(item, tags=("t",))).serial_no == 2
    assert cluster_serial() == before + 1
    store.remove_network(NETWORK_UUID)
    assert cluster_serial() == before + 2


def test_changes_of_an_instance_and_its_disks_count_for_them() -> None:
    store = ConfigStore(make_config())
    store.add_instance(make_instance(1), [make_disk(1)], "1")
    cluster = store.snapshot().cluster.serial_no
    moved = store.modify(
        Instance, make_instance(1).uuid, lambda item: msgspec.structs.replace(item, primary_node=node_uuid(2))
    )
    renumbered = store.modify(
        Disk, make_disk(1).uuid, lambda item: msgspec.structs.replace(item, logical_id=("loop", "/other"))
    )
    assert (moved.serial_no, renumbered.serial_no) == (2, 2)
    assert store.snapshot().cluster.serial_no == cluster
    store.modify(Instance, moved.uuid, lambda item: msgspec.structs.replace(item, name="renamed.example.com"))
    assert store.snapshot().cluster.serial_no == cluster + 1
    store.remove_disk(renumbered.uuid)
    assert store.snapshot().cluster.serial_no == cluster + 2


def test_an_object_that_someone_else_changed_cannot_be_updated() -> None:
    store = ConfigStore(make_config())
    old = store.snapshot().nodes[node_uuid(2)]
    store.update(old)
    with pytest.raises(errors.ConfigurationError, match="someone else"):
        store.update(old)


def test_state_that_is_recorded_already_changes_nothing() -> None:
    store = ConfigStore(make_config(instances=(make_instance(1),)))
    before = store.snapshot()
    store.set_instance_state(make_instance(1).uuid, admin_state=c.ADMINST_UP)
    assert store.snapshot() is before


def test_a_failing_change_leaves_no_trace() -> None:
    store = ConfigStore(make_config())
    before = store.snapshot()
    broken = make_instance(1, primary_node="nowhere")
    with pytest.raises(errors.ConfigurationError, match="nowhere"):
        store.add_instance(broken, [make_disk(1)], "1")
    assert store.snapshot() is before
    assert store.index() == build_index(before)
    # What the refused disk would have used is free.
    store.add_instance(make_instance(1), [make_disk(1)], "1")


@pytest.mark.parametrize(
    "second",
    [
        make_instance(2, nics=make_instance(1).nics),
        make_instance(2, name=make_instance(1).name),
        make_instance(2, uuid=node_uuid(1)),
        make_instance(1),
    ],
    ids=["MAC", "name", "UUID", "same"],
)
def test_a_second_object_cannot_take_what_another_has(second: Instance) -> None:
    store = ConfigStore(make_config(instances=(make_instance(1),)))
    with pytest.raises(errors.ConfigurationError):
        store.add_instance(second, [], "2")
    assert usage_tables(store._usage) == usage_tables(Usage(store.snapshot()))


def test_nodes_and_groups_in_use_cannot_be_removed() -> None:
    store = ConfigStore(make_config(instances=(make_instance(1, primary_node=node_uuid(2)),)))
    for remove in (
        lambda: store.remove_node(node_uuid(1)),
        lambda: store.remove_node(node_uuid(2)),
        lambda: store.remove_group(GROUP_UUID),
    ):
        with pytest.raises(errors.ConfigurationError):
            remove()
    store.remove_node(node_uuid(3))


def test_removing_an_instance_frees_its_address_and_ports() -> None:
    store = ConfigStore(make_config())
    store.add_network(make_network())
    ip = store.reservations.generate_ip(NETWORK_UUID, "7")
    nic = Nic(uuid="40000000-0000-4000-8000-00000000000f", mac="aa:00:00:00:00:0f", ip=ip, network=NETWORK_UUID)
    ports = [store.allocate_port(), store.allocate_port()]
    instance = make_instance(1, nics=(nic,), network_port=ports[0])
    store.add_instance(instance, [drbd_disk(1, ports[1], (0, 0))], "7")
    assert store.snapshot().networks[NETWORK_UUID].reservations == "00100000"
    assert not verify.all_problems(store.snapshot())
    store.remove_instance(instance.uuid)
    config = store.snapshot()
    assert config.networks[NETWORK_UUID].reservations == "0" * 8
    assert sorted(config.cluster.tcpudp_port_pool) == ports
    assert not config.disks
    assert store.allocate_port() == ports[0]


def test_detached_disks_stay_and_the_rest_is_numbered_again() -> None:
    store = ConfigStore(make_config())
    disks = [make_disk(number, iv_name="") for number in (1, 2, 3)]
    store.add_instance(make_instance(1), disks, "1")
    uuid = make_instance(1).uuid
    store.detach_disk(uuid, disks[0].uuid)
    config = store.snapshot()
    assert config.disks[disks[0].uuid].iv_name == ""
    assert [config.disks[disk].iv_name for disk in config.instances[uuid].disks] == ["disk/0", "disk/1"]
    store.attach_disk(uuid, disks[0].uuid, 1)
    assert store.snapshot().instances[uuid].disks == (disks[1].uuid, disks[0].uuid, disks[2].uuid)
    assert not verify.all_problems(store.snapshot())
    with pytest.raises(errors.ConfigurationError, match="attached"):
        store.attach_disk(uuid, disks[0].uuid)


def test_a_forthcoming_instance_is_completed() -> None:
    store = ConfigStore(make_config())
    planned = make_instance(1, forthcoming=True)
    store.add_instance(planned, [make_disk(1, forthcoming=True)], "1")
    made = store.add_instance(make_instance(1), [make_disk(1)], "2")
    config = store.snapshot()
    assert not config.instances[planned.uuid].forthcoming
    assert not config.disks[make_disk(1).uuid].forthcoming
    assert made.serial_no == 2


def test_the_candidate_pool_is_filled_with_fit_nodes() -> None:
    config = make_config(nodes=5, cluster={"candidate_pool_size": 3})
    nodes = {
        uuid: msgspec.structs.replace(node, master_candidate=uuid == node_uuid(1), offline=uuid == node_uuid(2))
        for uuid, node in config.nodes.items()
    }
    store = ConfigStore(msgspec.structs.replace(config, nodes=nodes))
    promoted = store.maintain_candidate_pool(exclude=[node_uuid(5)])
    assert {node.uuid for node in promoted} == {node_uuid(3), node_uuid(4)}
    assert store.candidate_pool_counts().now == 3
    assert store.maintain_candidate_pool() == []


def _replaced(config: ConfigData, number: int, **changes: object) -> ConfigData:
    node = msgspec.structs.replace(config.nodes[node_uuid(number)], **changes)
    return msgspec.structs.replace(config, nodes={**config.nodes, node.uuid: node})


def test_who_may_talk_to_whom_is_distributed_before_the_change_returns() -> None:
    config = make_config()
    certs = msgspec.structs.replace(config.cluster, candidate_certs={node_uuid(1): "AA"})
    assert needs_synchronous_distribution(config, msgspec.structs.replace(config, cluster=certs))
    assert needs_synchronous_distribution(config, _replaced(config, 3, master_candidate=False))
    assert needs_synchronous_distribution(config, _replaced(config, 3, vm_capable=False))
    tagged = msgspec.structs.replace(config.cluster, tags=("x",))
    assert not needs_synchronous_distribution(config, msgspec.structs.replace(config, cluster=tagged))
    regular = _replaced(config, 3, master_candidate=False)
    assert not needs_synchronous_distribution(regular, _replaced(regular, 3, tags=("x",)))


class StoreMachine(RuleBasedStateMachine):
    """Random changes; everything derived always equals what is computed from nothing."""

    instances = Bundle("instances")

    def __init__(self) -> None:
        super().__init__()
        self.store = ConfigStore(make_config())
        self.store.add_network(make_network())
        self.encoder = ConfigEncoder()
        self.counter = 0

    def _next(self) -> int:
        self.counter += 1
        return self.counter

    @rule(target=instances, disks=st.integers(0, 3), node=st.integers(1, 3), wants_ip=st.booleans())
    def add_instance(self, disks: int, node: int, wants_ip: bool) -> str:
        number, owner = self._next(), "job"
        nics = make_instance(number).nics
        if wants_ip:
            try:
                ip = self.store.reservations.generate_ip(NETWORK_UUID, owner)
            except errors.ReservationError:
                ip = None
            nics = (msgspec.structs.replace(nics[0], ip=ip, network=NETWORK_UUID),)
        new = []
        for _ in range(disks):
            disk = make_disk(self._next())
            minors = self.store.reservations.allocate_minors([node_uuid(1), node_uuid(2)], disk.uuid, owner)
            new.append(drbd_disk(self.counter, self.store.allocate_port(), (minors[0], minors[1])))
        instance = make_instance(number, primary_node=node_uuid(node), nics=nics)
        self.store.add_instance(instance, new, owner)
        self.store.reservations.release_owner(owner)
        return instance.uuid

    @rule(uuid=consumes(instances))
    def remove_instance(self, uuid: str) -> None:
        self.store.remove_instance(uuid)

    @rule(uuid=instances, node=st.integers(1, 3))
    def move_instance(self, uuid: str, node: int) -> None:
        self.store.modify(Instance, uuid, lambda item: msgspec.structs.replace(item, primary_node=node_uuid(node)))

    @rule(uuid=instances)
    def rename_instance(self, uuid: str) -> None:
        name = f"renamed{self._next()}.example.com"
        self.store.modify(Instance, uuid, lambda item: msgspec.structs.replace(item, name=name))

    @rule(uuid=instances)
    def replace_secondary(self, uuid: str) -> None:
        config = self.store.snapshot()
        for disk_uuid in config.instances[uuid].disks[:1]:
            disk = config.disks[disk_uuid]
            minor = self.store.reservations.allocate_minors([node_uuid(3)], disk_uuid, "job")[0]
            logical_id = (
                disk.logical_id[0],
                node_uuid(3),
                disk.logical_id[2],
                disk.logical_id[3],
                minor,
                disk.logical_id[5],
            )
            self.store.update(msgspec.structs.replace(disk, logical_id=logical_id))

    @rule(uuid=instances)
    def detach_and_remove_a_disk(self, uuid: str) -> None:
        for disk in self.store.snapshot().instances[uuid].disks[:1]:
            self.store.remove_disk(disk)

    @rule(number=st.integers(2, 3))
    def move_node_to_new_group(self, number: int) -> None:
        counter = self._next()
        group = NodeGroup(uuid=f"80000000-0000-4000-8000-{counter:012d}", name=f"group{counter}")
        self.store.add_group(group)
        self.store.assign_nodes({node_uuid(number): group.uuid})

    @rule()
    def change_nic_defaults(self) -> None:
        params = {c.PP_DEFAULT: {**c.NICC_DEFAULTS, c.NIC_LINK: f"br{self._next()}"}}
        self.store.modify_cluster(lambda cluster: msgspec.structs.replace(cluster, nicparams=params))

    @invariant()
    def derived_tables_equal_computed_ones(self) -> None:
        config = self.store.snapshot()
        assert self.store.index() == build_index(config)
        assert usage_tables(self.store._usage) == usage_tables(Usage(config))

    @invariant()
    def cached_encoding_equals_full_encoding(self) -> None:
        config = self.store.snapshot()
        content = self.encoder.encode(config)
        assert content == encode_clear(config) + b"\n"

    @invariant()
    def the_configuration_is_consistent(self) -> None:
        config = self.store.snapshot()
        assert verify.all_problems(config) == []
        assert self.store.reservations.is_empty() or self.store._usage is not None
        assert all(port <= config.cluster.highest_used_port for port in self.store._usage.keys(PORTS))  # type: ignore[operator]


TestStoreMachine = StoreMachine.TestCase
TestStoreMachine.settings = settings(max_examples=30, stateful_step_count=20)


@pytest.fixture
def path(tmp_path: Path) -> str:
    target = str(tmp_path / "config.data")
    write_initial(make_config(), target)
    # The first opening fills in the parameters that the factory leaves out.
    open_store(target, accept_foreign=True).close()
    return target


def read(path: str) -> ConfigData:
    with open(path, "rb") as file:
        return parse(file.read())[0]


def test_durable_changes_are_in_the_file(path: str) -> None:
    store = open_store(path, accept_foreign=True)
    store.add_node(make_node(9))
    store.wait_durable()
    assert read(path) == store.snapshot()
    assert os.stat(path).st_mode & 0o777 == 0o640
    store.close()


def test_the_versions_before_are_kept_beside_the_file(path: str) -> None:
    store = open_store(path, accept_foreign=True)
    first = Path(path).read_bytes()
    store.modify(Node, node_uuid(2), lambda node: msgspec.structs.replace(node, tags=("changed",)))
    store.wait_durable()
    store.close()
    former = sorted((Path(path).parent / "config-history").iterdir())
    assert former[-1].read_bytes() == first
    assert parse(Path(path).read_bytes())[0].nodes[node_uuid(2)].tags == ("changed",)


def test_a_file_in_another_form_is_written_anew(path: str) -> None:
    with open(path, "rb") as file:
        ours = file.read()
    with open(path, "w", encoding="utf-8") as file:
        json.dump(json.loads(ours), file, indent=2)
    open_store(path, accept_foreign=True).close()
    with open(path, "rb") as file:
        assert file.read() == ours


def test_many_changes_share_one_write_and_none_is_lost(path: str) -> None:
    store = open_store(path, accept_foreign=True)
    ports = [store.allocate_port() for _ in range(50)]
    serial_no = store.snapshot().serial_no
    store.close()
    config = read(path)
    assert (config.cluster.highest_used_port, config.serial_no) == (max(ports), serial_no)


def test_a_file_that_somebody_replaced_is_never_overwritten(path: str) -> None:
    store = open_store(path, accept_foreign=True)
    other = path + ".other"
    write_initial(make_config(nodes=2), other)
    os.rename(other, path)
    store.allocate_port()
    with pytest.raises(errors.ConfigurationError, match="someone else"):
        store.wait_durable()
    assert len(read(path).nodes) == 2
    with pytest.raises(errors.ConfigurationError, match="someone else"):
        store.allocate_port()
    store.close()


def test_a_removed_file_is_not_created_again(path: str) -> None:
    store = open_store(path, accept_foreign=True)
    os.unlink(path)
    store.allocate_port()
    with pytest.raises(errors.ConfigurationError, match="removed"):
        store.wait_durable()
    store.close()
    assert not os.path.exists(path)


def test_changes_reach_the_disk_after_a_failed_write(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from ganeti.config import configfile, writer

    monkeypatch.setattr(writer, "_FIRST_PAUSE_S", 0.01)
    original = configfile.write_atomic
    failures = [OSError(28, "No space left on device")]

    def flaky(*args: object, **kwargs: object) -> None:
        if failures:
            raise failures.pop()
        original(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(configfile, "write_atomic", flaky)
    store = open_store(path, accept_foreign=True)
    store.allocate_port()
    with pytest.raises(errors.ConfigurationError, match="No space left"):
        store.wait_durable()
    store.close()
    assert read(path).cluster.highest_used_port == c.FIRST_DRBD_PORT


_WRITER = """
import sys
from ganeti.config.opening import open_store
store = open_store(sys.argv[1], accept_foreign=True)
while True:
    store.allocate_port()
    store.wait_durable()
    print(store.snapshot().serial_no, flush=True)
"""


def test_what_was_acknowledged_survives_a_kill(path: str) -> None:
    for acknowledged in (1, 7, 30):
        argv = [sys.executable, "-c", _WRITER, path]
        with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, cwd=SOURCE_TREE) as process:
            assert process.stdout is not None
            serials = [int(process.stdout.readline()) for _ in range(acknowledged)]
            process.kill()
        assert read(path).serial_no >= serials[-1]
        open_store(path, accept_foreign=True).close()


def test_a_change_within_a_change_is_refused() -> None:
    store = ConfigStore(make_config())
    with pytest.raises(errors.ProgrammerError):
        store.transact(lambda draft: store.allocate_port())
    assert store.allocate_port() == c.FIRST_DRBD_PORT


def test_nodes_are_found_by_group() -> None:
    store = ConfigStore(make_config())
    assert store.index().members[GROUP_UUID] == {node_uuid(1), node_uuid(2), node_uuid(3)}
    assert isinstance(store.snapshot().nodes[node_uuid(1)], Node)
