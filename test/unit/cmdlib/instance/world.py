"""A master with simulated nodes: real configuration, locks, processor and logical units; nodes live in memory."""

import itertools
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from ganeti import constants as c
from ganeti.cmdlib.base import create_lu
from ganeti.cmdlib.registry import load_all
from ganeti.config import ConfigStore
from ganeti.config.store import MemoryOnly
from ganeti.locking import LockManager
from ganeti.mcpu.context import MasterContext
from ganeti.mcpu.processor import OpcodeProcessor
from ganeti.objects import ConfigData, Disk, Instance, Node
from ganeti.objects.wire import BlockDevStatus, MigrationStatus, WireDisk, WireInstance
from ganeti.opcodes import OpCode
from ganeti.rpc.declaration import Procedure
from ganeti.rpc.result import RpcResult, failure, success
from test.unit.factories import make_config, make_disk, make_instance, node_uuid

load_all()

JOB = "7"
PRIMARY, OTHER, THIRD = node_uuid(1), node_uuid(2), node_uuid(3)


@dataclass
class Shared:
    """Files that all nodes see, and directories."""

    files: dict[str, int] = field(default_factory=dict)
    directories: set[str] = field(default_factory=set)


@dataclass
class FakeNode:
    """One node: its guests with their memory."""

    uuid: str
    shared: Shared
    guests: dict[str, int] = field(default_factory=dict)
    user_down: set[str] = field(default_factory=set)
    bridges: set[str] = field(default_factory=lambda: {"br0", "xen-br0"})
    free_mib: int = 4096
    opened: set[str] = field(default_factory=set)
    incoming: set[str] = field(default_factory=set)
    migration_status: str = c.HV_MIGRATION_COMPLETED
    #: Guests that a transfer has left stopped.
    frozen: set[str] = field(default_factory=set)
    os_trusted: bool = True
    can_hotplug: bool = False
    failing_hotplug: str = ""
    plugged: list[tuple[str, str]] = field(default_factory=list)
    installed: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    #: Name -> function from the request to the answer (an object, or the text that is printed).
    allocators: dict[str, Callable[[dict[str, Any]], Any]] = field(default_factory=dict)
    #: (name, request, parameters)
    allocator_runs: list[tuple[str, dict[str, Any], dict[str, Any]]] = field(default_factory=list)

    # guests

    def instance_info(self, name: str, _hypervisor: str, _params: Any) -> dict[str, Any]:
        if name in self.user_down:
            return {"memory": 0, "vcpus": 0, "state": 1, "time": 0.0}
        return {"memory": self.guests[name], "vcpus": 1, "state": 0, "time": 0.0} if name in self.guests else {}

    def instance_list(self, _hypervisors: Any, _params: Any) -> list[str]:
        return sorted(self.guests)

    def all_instances_info(self, _hypervisors: Any, _params: Any) -> dict[str, Any]:
        return {name: self.instance_info(name, "", None) for name in self.guests.keys() | self.user_down}

    def instance_start(self, instance: WireInstance, _paused: bool, _reason: Any) -> None:
        for disk in instance.disks_info:
            self._require(disk)
        self.guests[instance.name] = int(instance.beparams[c.BE_MAXMEM])

    def instance_shutdown(self, instance: WireInstance, _timeout: int, _reason: Any) -> None:
        self.guests.pop(instance.name, None)
        self.user_down.discard(instance.name)

    def instance_reboot(self, instance: WireInstance, _kind: str, _timeout: int, _reason: Any) -> None:
        assert instance.name in self.guests

    def instance_balloon_memory(self, instance: WireInstance, memory: int) -> None:
        self.guests[instance.name] = memory

    def instance_migratable(self, instance: WireInstance) -> None:
        if instance.name not in self.guests:
            raise RuntimeError(f"Instance {instance.name} is not running")

    def migration_info(self, _instance: WireInstance) -> str:
        return "info"

    def accept_instance(self, instance: WireInstance, info: str, target: str) -> None:
        assert info == "info" and target
        self.incoming.add(instance.name)

    def instance_migrate(self, _cluster: str, _instance: WireInstance, _target: str, _live: bool) -> None:
        pass

    def instance_get_migration_status(self, _instance: WireInstance) -> MigrationStatus:
        return MigrationStatus(status=self.migration_status)

    def instance_finalize_migration_dst(self, instance: WireInstance, _info: str, success: bool) -> None:
        self.incoming.discard(instance.name)
        self.frozen.discard(instance.name)
        if success:
            self.guests[instance.name] = int(instance.beparams[c.BE_MAXMEM])
        else:
            self.guests.pop(instance.name, None)

    def instance_finalize_migration_src(self, instance: WireInstance, success: bool, _live: bool) -> None:
        self.frozen.discard(instance.name)
        if success:
            self.guests.pop(instance.name, None)

    def hotplug_supported(self, _instance: WireInstance) -> None:
        if not self.can_hotplug:
            raise RuntimeError("Hypervisor fake cannot change devices of running instances")

    def hotplug_device(self, _instance: Any, action: str, kind: str, *_args: Any) -> None:
        if action == self.failing_hotplug:
            raise RuntimeError("device is busy")
        self.plugged.append((action, kind))

    # the node

    def node_info(self, units: Any, specs: Any) -> Any:
        reports = [{"type": kind, "name": key, "storage_free": 700, "storage_size": 1000} for kind, key, _ in units]
        host = {"memory_total": 8192, "memory_dom0": 512, "memory_free": self.free_mib, "cpu_total": 4, "cpu_dom0": 1}
        return "boot", reports, [host for _ in specs]

    def bridges_exist(self, names: list[str]) -> None:
        missing = sorted(set(names) - self.bridges)
        if missing:
            raise RuntimeError(f"missing bridges {', '.join(missing)}")

    def hypervisor_validate_params(self, _name: str, _params: Any) -> None:
        pass

    def hooks_runner(self, *_args: Any) -> list[Any]:
        return []

    # instance allocators

    def iallocator_runner(self, name: str, text: str, params: dict[str, Any]) -> str:
        if name not in self.allocators:
            raise RuntimeError(f"iallocator module '{name}' not found in the search path")
        data = json.loads(text)
        self.allocator_runs.append((name, data, params))
        answer = self.allocators[name](data)
        return answer if isinstance(answer, str) else json.dumps(answer)

    # operating systems

    def os_validate(self, required: bool, name: str, *_args: Any) -> bool:
        if name.partition("+")[0] != "busybox" and required:
            raise RuntimeError(f"Directory for OS {name} not found in search path")
        return True

    def os_diagnose(self) -> list[Any]:
        return [("busybox", "/os/busybox", True, "", ["default"], [], [20], self.os_trusted)]

    def instance_os_add(self, instance: WireInstance, _reinstall: bool, _debug: int) -> None:
        self.installed.append((instance.name, instance.osparams))

    def instance_run_rename(self, *_args: Any) -> None:
        pass

    # disks

    def _require(self, disk: WireDisk) -> None:
        if disk.logical_id[1] not in self.shared.files:
            raise RuntimeError(f"Block device '{disk.iv_name}' is not set up.")

    def file_storage_dir_create(self, path: str) -> None:
        self.shared.directories.add(path)

    def file_storage_dir_remove(self, path: str) -> None:
        if any(file.startswith(path + "/") for file in self.shared.files):
            raise RuntimeError("it is not empty")
        self.shared.directories.discard(path)

    def file_storage_dir_rename(self, old: str, new: str) -> None:
        self.shared.directories = {new if path == old else path for path in self.shared.directories}
        self.shared.files = {path.replace(old + "/", new + "/"): size for path, size in self.shared.files.items()}

    def blockdev_create(self, disk: WireDisk, *_args: Any) -> Any:
        self.shared.files[disk.logical_id[1]] = disk.size
        return None

    def blockdev_remove(self, disk: WireDisk) -> None:
        self.shared.files.pop(disk.logical_id[1], None)

    def blockdev_assemble(self, disk: WireDisk, _instance: Any, on_primary: bool, idx: int) -> list[Any]:
        if not on_primary:
            return [True, True]
        self._require(disk)
        return [disk.logical_id[1], f"/links/{idx}", None]

    def blockdev_shutdown(self, _disk: WireDisk) -> None:
        pass

    def blockdev_setinfo(self, _disk: WireDisk, _info: str) -> None:
        pass

    def blockdev_open(self, _name: str, disks: list[WireDisk], _exclusive: bool) -> None:
        for disk in disks:
            self._require(disk)
            self.opened.add(disk.uuid)

    def blockdev_close(self, _name: str, disks: list[WireDisk]) -> None:
        self.opened -= {disk.uuid for disk in disks}

    def blockdev_getmirrorstatus_multi(self, disks: list[WireDisk]) -> list[Any]:
        return [
            (True, BlockDevStatus(dev_path=disk.logical_id[1], is_degraded=False, ldisk_status=c.LDS_OKAY))
            if disk.logical_id[1] in self.shared.files
            else (False, "absent")
            for disk in disks
        ]


class SimulatedNodes:
    """The RPC client: arguments and results pass through their wire form, as between real daemons."""

    def __init__(self, store: ConfigStore, count: int) -> None:
        self.shared = Shared()
        self.nodes = {node_uuid(i): FakeNode(node_uuid(i), self.shared) for i in range(1, count + 1)}
        self._store = store
        #: (node UUID or None for any, procedure) -> failure text.
        self.broken: dict[tuple[str | None, str], str] = {}
        self.calls: list[tuple[str, str]] = []
        #: Called with the number of each call; may raise to simulate the death of the master.
        self.before_call: Callable[[int], None] = lambda number: None
        self._numbers = itertools.count(1)

    def with_check(self, _before_call: Callable[[], None], _owner: str) -> "SimulatedNodes":
        return self

    def call(self, nodes: Iterable[str], proc: Procedure[Any, Any], *args: Any) -> dict[str, RpcResult[Any]]:
        return {node: self.call_one(node, proc, *args) for node in nodes}

    def call_each(self, proc: Procedure[Any, Any], args: Mapping[str, tuple[Any, ...]]) -> dict[str, RpcResult[Any]]:
        return {node: self.call_one(node, proc, *own) for node, own in args.items()}

    def call_one(self, node: str, proc: Procedure[Any, Any], *args: Any) -> RpcResult[Any]:
        self.before_call(next(self._numbers))
        self.calls.append((node, proc.name))
        if self._store.snapshot().nodes[node].offline and not proc.offline_ok:
            return failure(node, proc.name, "Node is marked offline", offline=True)
        for key in ((node, proc.name), (None, proc.name), (node, "*")):
            if key in self.broken:
                return failure(node, proc.name, self.broken[key])
        decoded = proc.decode_args(proc.encode_args(args))
        try:
            return success(node, proc.name, getattr(self.nodes[node], proc.name)(*decoded))
        except RuntimeError as err:
            return failure(node, proc.name, str(err))

    def names(self) -> list[str]:
        """Return the procedures called so far."""
        return [name for _, name in self.calls]


class Job:
    """The queue as the processor sees it."""

    def __init__(self) -> None:
        self.job_id = int(JOB)
        self.priority = 0
        self.log: list[str] = []
        self.ops: list[OpCode] = []

    def notify_start(self) -> None:
        pass

    def feedback(self, _kind: str, payload: Any) -> None:
        self.log.append(str(payload))

    def check(self) -> None:
        pass

    def submit_jobs(self, jobs: Any) -> Any:
        raise AssertionError(jobs)

    def replace_opcode(self, op: OpCode) -> None:
        self.ops.append(op)


class World:
    """Everything together."""

    def __init__(self, config: ConfigData | None = None, nodes: int = 3) -> None:
        self.store = ConfigStore(config or make_config(nodes=nodes), MemoryOnly())
        self.rpc = SimulatedNodes(self.store, nodes)
        self.locks = LockManager()
        self.job = Job()
        context = MasterContext(
            config=self.store,
            rpc=self.rpc,  # type: ignore[arg-type]
            locks=self.locks,
            create_lu=create_lu,
        )
        self._processor = OpcodeProcessor(context)

    def run(self, op: OpCode) -> Any:
        """Run an opcode in a job; nothing stays locked or reserved."""
        try:
            return self.attempt(op)
        finally:
            assert not [info for info in self.locks.snapshot() if info.owners or info.pending]
            assert self.store.reservations.is_empty()

    def attempt(self, op: OpCode) -> Any:
        """Run an opcode while others may hold locks."""
        return self._processor.run(op, self.job, 0.01)

    @property
    def config(self) -> ConfigData:
        """The configuration as it is now."""
        return self.store.snapshot()

    def instance(self, name: str = "inst1.example.com") -> Instance:
        """Return an instance by its name."""
        return next(instance for instance in self.config.instances.values() if instance.name == name)

    def disks(self, name: str = "inst1.example.com") -> list[Disk]:
        """Return the disks of an instance."""
        return [self.config.disks[uuid] for uuid in self.instance(name).disks]

    def node(self, uuid: str) -> FakeNode:
        """Return a simulated node."""
        return self.rpc.nodes[uuid]


def world_with_instance(**changes: Any) -> World:
    """Return a world with inst1 on the first node: one shared file disk, running unless *changes* say otherwise."""
    disk = make_disk(1, logical_id=(c.FD_LOOP, "/srv/shared/inst1.example.com/disk0"), iv_name="disk/0")
    values: dict[str, Any] = {"disks": (disk.uuid,), "disks_active": True}
    instance = make_instance(1, **{**values, **changes})
    world = World(make_config(instances=(instance,), disks=(disk,) if instance.disks else ()))
    world.rpc.shared.directories.add("/srv/shared/inst1.example.com")
    world.rpc.shared.files["/srv/shared/inst1.example.com/disk0"] = 1024
    if instance.admin_state == c.ADMINST_UP:
        world.node(PRIMARY).guests[instance.name] = 128
    return world


def set_node(world: World, uuid: str, **changes: Any) -> None:
    """Change a node in the configuration."""
    world.store.modify(Node, uuid, lambda node: msgspec.structs.replace(node, **changes))
