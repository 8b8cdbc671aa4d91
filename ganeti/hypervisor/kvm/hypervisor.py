"""The KVM hypervisor: guests as QEMU processes of this node."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from ganeti import constants as c
from ganeti import errors, pathutils
from ganeti.hvparams import ParamView
from ganeti.hypervisor import linux
from ganeti.hypervisor.base import BlockDevice, Device, HvParams, Hypervisor
from ganeti.hypervisor.kvm import files, migration, runtime
from ganeti.hypervisor.kvm.cmdline import build_command
from ganeti.hypervisor.kvm.emulator import get_emulator
from ganeti.hypervisor.kvm.paths import GuestPaths, KvmPaths
from ganeti.hypervisor.kvm.placement import check_drivers, check_remote_images, placed_devices
from ganeti.hypervisor.kvm.plugging import Plugging
from ganeti.hypervisor.kvm.process import QemuProcess, cpu_time_s, find_process, terminate, wait_for_end
from ganeti.hypervisor.kvm.qmp import QmpClient
from ganeti.hypervisor.kvm.runtime import Runtime
from ganeti.hypervisor.kvm.starter import abandon_guest, start_guest
from ganeti.hypervisor.kvm.validate import validate_kvm
from ganeti.hypervisor.locking import instance_lock
from ganeti.network.nic import PHASE_POST, NicEvent, configure_nic_tolerantly
from ganeti.objects.guest import GuestInfo, GuestState, HostInfo
from ganeti.objects.wire import MigrationStatus, WireDisk, WireInstance, WireNic

_log = logging.getLogger(__name__)

_MEBI = 1 << 20


class KvmHypervisor(Hypervisor):
    """Runs guests with QEMU; see `ganeti.hypervisor.base` for the meaning of the methods."""

    NAME: ClassVar[str] = c.HT_KVM
    CAN_MIGRATE: ClassVar[bool] = True

    def __init__(self) -> None:
        self._paths = KvmPaths.of_node()
        self._paths.create_directories()

    # life cycle

    def start_instance(self, instance: WireInstance, devices: Sequence[BlockDevice], *, paused: bool) -> None:
        paths = self._paths.guest(instance.name)
        paths.check_lengths()
        self._require_stopped(paths)
        emulator = validate_kvm(instance.hvparams)
        params = ParamView(instance.hvparams)
        check_remote_images(params)
        nics, disks = placed_devices(instance.nics, devices, params)
        new = Runtime(tuple(build_command(instance, emulator, paths)), nics, instance.hvparams, disks)
        check_drivers(emulator, new.placements())
        runtime.save(new, paths)
        memory = self.startup_memory_mib(instance)
        start_guest(instance, new, paths, paused=paused, startup_memory_mib=memory)

    def stop_instance(
        self,
        name: str,
        instance: WireInstance | None = None,
        *,
        force: bool = False,
        retry: bool = False,
        timeout_s: float | None = None,
    ) -> None:
        paths = self._paths.guest(name)
        process = find_process(name, paths.pid_file)
        if process is not None:
            has_power_button = instance is not None and bool(instance.hvparams.get(c.HV_ACPI))
            if force or not has_power_button:
                terminate(process.pid)
            else:
                with self._qmp(paths) as qmp:
                    qmp.execute("system_powerdown")
        paths.shutdown_marker.unlink(missing_ok=True)

    def cleanup_instance(self, name: str) -> None:
        paths = self._paths.guest(name)
        if find_process(name, paths.pid_file) is not None:
            raise errors.HypervisorError(f"Instance {name} is still running, its files are needed")
        self._disconnect_nics(paths)
        files.remove_guest_files(paths)

    def reboot_instance(self, instance: WireInstance, *, timeout_s: float = c.DEFAULT_SHUTDOWN_TIMEOUT) -> None:
        paths = self._paths.guest(instance.name)
        process = self._require_running(paths)
        saved = runtime.load(paths)
        self.stop_instance(instance.name, instance)
        if not wait_for_end(process.pid, timeout_s):
            self.stop_instance(instance.name, instance, force=True)
        runtime.save(saved, paths)
        start_guest(instance, saved, paths, startup_memory_mib=self.startup_memory_mib(instance))

    def balloon_memory(self, instance: WireInstance, memory_mib: int) -> None:
        with self._qmp(self._paths.guest(instance.name)) as qmp:
            qmp.execute("balloon", {"value": memory_mib * _MEBI})

    # information

    def list_instances(self, hvparams: HvParams) -> list[str]:
        names = (path.name for path in self._paths.pid_dir.iterdir())
        return sorted(name for name in names if find_process(name, self._paths.guest(name).pid_file) is not None)

    def instance_info(self, name: str, hvparams: HvParams) -> GuestInfo | None:
        paths = self._paths.guest(name)
        process = find_process(name, paths.pid_file)
        if process is None:
            if not paths.shutdown_marker.exists():
                return None
            return GuestInfo(name=name, hypervisor_id=-1, memory_mib=0, vcpus=0, state=GuestState.SHUTDOWN)
        memory, vcpus = self._query_size(paths, process)
        return GuestInfo(
            name=name, hypervisor_id=process.pid, memory_mib=memory, vcpus=vcpus, cpu_time_s=cpu_time_s(process.pid)
        )

    def all_instances_info(self, hvparams: HvParams) -> list[GuestInfo]:
        names = sorted(
            {path.name.removesuffix(".runtime") for path in self._paths.conf_dir.glob("*.runtime")}
            | {path.name.removesuffix(".shutdown") for path in self._paths.ctrl_dir.glob("*.shutdown")}
            | set(self.list_instances(hvparams))
        )
        found = (self.instance_info(name, hvparams) for name in names)
        return [info for info in found if info is not None]

    def host_info(self, hvparams: HvParams) -> HostInfo:
        path = hvparams.get(c.HV_KVM_PATH)
        try:
            version = list(get_emulator(str(path)).version) if path else None
        except errors.HypervisorError as err:
            _log.warning("Cannot find out the version of QEMU: %s", err)
            version = None
        return linux.host_info(version)

    def verify(self, hvparams: HvParams) -> str | None:
        problems = []
        program = str(hvparams.get(c.HV_KVM_PATH) or c.KVM_PATH)
        if not Path(program).exists():
            problems.append(f"The KVM program ('{program}') does not exist")
        if not Path(c.SOCAT_PATH).exists():
            problems.append(f"The socat program ('{c.SOCAT_PATH}') does not exist")
        return "; ".join(problems) or None

    def validate_parameters(self, hvparams: HvParams) -> None:
        validate_kvm(hvparams)

    # migration

    def migration_info(self, instance: WireInstance) -> str:
        paths = self._paths.guest(instance.name)
        saved = runtime.load(paths)
        with self._qmp(paths) as qmp:
            is_paused = migration.is_paused(qmp)
        return _to_other_nodes(runtime.dump(replace(saved, paused=is_paused)))

    def accept_instance(self, instance: WireInstance, info: str, target_ip: str) -> None:
        paths = self._paths.guest(instance.name)
        paths.check_lengths()
        self._require_stopped(paths)
        received = runtime.parse(_from_other_node(info))
        start_guest(instance, received, paths, incoming=True)
        try:
            with self._qmp(paths) as qmp:
                migration.listen(qmp, ParamView(instance.hvparams), target_ip)
            # The source may be gone when the guest has arrived.
            runtime.save(received, paths)
        except errors.HypervisorError:
            abandon_guest(paths)
            raise

    def migrate_instance(self, cluster_name: str, instance: WireInstance, target_ip: str, *, live: bool) -> None:
        paths = self._paths.guest(instance.name)
        self._require_running(paths)
        with self._qmp(paths) as qmp:
            migration.send(qmp, ParamView(instance.hvparams), target_ip, live=live)

    def migration_status(self, instance: WireInstance) -> MigrationStatus:
        with self._qmp(self._paths.guest(instance.name)) as qmp:
            return migration.query_status(qmp, ParamView(instance.hvparams))

    def finalize_migration_target(self, instance: WireInstance, info: str, *, success: bool) -> None:
        paths = self._paths.guest(instance.name)
        if not success:
            abandon_guest(paths)
            return
        self._require_running(paths)
        received = runtime.parse(_from_other_node(info)) if info else runtime.load(paths)
        runtime.save(received, paths)
        self._connect_late_nics(instance, received, paths)
        with self._qmp(paths) as qmp:
            migration.complete_arrival(qmp, ParamView(instance.hvparams), meant_to_be_paused=received.paused)

    def finalize_migration_source(self, instance: WireInstance, *, success: bool, live: bool) -> None:
        paths = self._paths.guest(instance.name)
        process = find_process(instance.name, paths.pid_file)
        if success:
            if process is not None:
                terminate(process.pid)
            self.cleanup_instance(instance.name)
        elif process is None:
            self.cleanup_instance(instance.name)
        else:
            with self._qmp(paths) as qmp:
                migration.resume_after_failure(qmp, ParamView(instance.hvparams), live=live)

    # devices of running guests

    def hotplug_supported(self, instance: WireInstance) -> None:
        self._plugging(instance).check_reachable()

    def verify_hotplug(self, instance: WireInstance, action: str, target: str) -> None:
        self._plugging(instance).verify(action, target)

    def hot_add(self, instance: WireInstance, target: str, device: Device, block: BlockDevice | None, seq: int) -> None:
        plugging = self._plugging(instance)
        if isinstance(device, WireNic):
            plugging.add_nic(instance, device, seq)
        elif block is not None:
            plugging.add_disk(block)
        else:
            raise errors.HotplugError(f"Disk {device.uuid} has no device on this node that could be added ({target})")

    def hot_remove(self, instance: WireInstance, target: str, device: Device, seq: int) -> Mapping[str, Any]:
        plugging = self._plugging(instance)
        if isinstance(device, WireNic):
            return plugging.remove_nic(instance, device, seq)
        return plugging.remove_disk(device)

    def hot_modify(
        self,
        instance: WireInstance,
        target: str,
        device: Device,
        block: BlockDevice | None,
        seq: int,
    ) -> None:
        if not isinstance(device, WireNic):
            raise errors.HotplugError(f"A {target} of a running instance can be added and removed, not modified")
        plugging = self._plugging(instance)
        placement = plugging.remove_nic(instance, device, seq)
        plugging.add_nic(instance, device, seq, placement)

    def resize_disk(self, instance: WireInstance, disk: WireDisk, new_size_bytes: int) -> None:
        self._plugging(instance).resize_disk(disk, new_size_bytes)

    # helpers

    def _plugging(self, instance: WireInstance) -> Plugging:
        return Plugging(self._paths.guest(instance.name), self._qmp)

    @contextlib.contextmanager
    def _qmp(self, paths: GuestPaths) -> Iterator[QmpClient]:
        """A connection to a guest; QEMU keeps other clients waiting, so those of this daemon queue up here."""
        with instance_lock(f"qmp:{paths.name}"), QmpClient(paths.qmp) as client:
            yield client

    def _require_stopped(self, paths: GuestPaths) -> None:
        if find_process(paths.name, paths.pid_file) is not None:
            raise errors.HypervisorError(f"Instance {paths.name} is already running")

    def _require_running(self, paths: GuestPaths) -> QemuProcess:
        process = find_process(paths.name, paths.pid_file)
        if process is None:
            raise errors.HypervisorError(f"Instance {paths.name} is not running")
        return process

    def _query_size(self, paths: GuestPaths, process: QemuProcess) -> tuple[int, int]:
        """Memory and CPUs; the figures of the start where the guest cannot be asked."""
        memory, vcpus = process.memory_mib, process.vcpus
        try:
            with self._qmp(paths) as qmp:
                vcpus = len(qmp.execute("query-cpus-fast"))
                memory = int(qmp.execute("query-balloon")["actual"]) // _MEBI
        except errors.HypervisorError as err:
            _log.debug("Instance %s does not tell its size: %s", paths.name, err)
        return memory, vcpus

    def _connect_late_nics(self, instance: WireInstance, received: Runtime, paths: GuestPaths) -> None:
        """Connect the NICs that had to wait until the guest is on this node."""
        for index, nic in enumerate(received.nics):
            interface = files.read_nic(paths, index, nic.uuid)
            if interface and nic.nicparams.get(c.NIC_MODE) in (c.NIC_MODE_ROUTED, c.NIC_MODE_EXT):
                configure_nic_tolerantly(
                    NicEvent(c.NIC_ACTION_UP, interface, instance.name, instance.tags, nic, index, PHASE_POST)
                )

    def _disconnect_nics(self, paths: GuestPaths) -> None:
        """Undo what connecting the NICs has left in the node's network."""
        try:
            saved = runtime.load(paths)
        except errors.HypervisorError:  # nothing to undo, or nothing known about it
            return
        for index, nic in enumerate(saved.nics):
            interface = files.read_nic(paths, index, nic.uuid)
            if interface:
                configure_nic_tolerantly(NicEvent(c.NIC_ACTION_DOWN, interface, paths.name, (), nic, index))


def _to_other_nodes(text: str) -> str:
    """Mark the paths of a virtual node in migration data; real nodes all have the same paths."""
    if not pathutils.VIRTUAL_ROOT:
        return text
    return text.replace(f"{pathutils.VIRTUAL_ROOT}/", f"{c.V_CLUSTER_VIRT_PATH_PREFIX}/")


def _from_other_node(text: str) -> str:
    """Replace marked paths in migration data by this node's."""
    if not pathutils.VIRTUAL_ROOT:
        return text
    return text.replace(f"{c.V_CLUSTER_VIRT_PATH_PREFIX}/", f"{pathutils.VIRTUAL_ROOT}/")
