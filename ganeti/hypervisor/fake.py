"""The fake hypervisor: a guest is a file with its memory and CPU count. For tests of everything around hypervisors."""

# The interface passes more than this hypervisor has use for.

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from ganeti import constants as c
from ganeti import errors, pathutils
from ganeti.hypervisor import linux
from ganeti.hypervisor.base import BlockDevice, HvParams, Hypervisor
from ganeti.objects.guest import GuestInfo, HostInfo
from ganeti.objects.wire import MigrationStatus, WireInstance
from ganeti.utils.files import remove_if_exists, write_atomic

_RUN_DIR_MODE = 0o775


class FakeHypervisor(Hypervisor):
    """Keeps one file per running guest: a constant 0, memory in MiB, number of CPUs, one per line."""

    NAME: ClassVar[str] = c.HT_FAKE
    CAN_MIGRATE: ClassVar[bool] = True

    def __init__(self) -> None:
        self._root = Path(pathutils.RUN_DIR) / "fake-hypervisor"
        # The run directory is on a memory file system that is empty after a restart of the node.
        self._root.mkdir(mode=_RUN_DIR_MODE, parents=True, exist_ok=True)

    def start_instance(self, instance: WireInstance, devices: Sequence[BlockDevice], *, paused: bool) -> None:
        self._create(instance)

    def stop_instance(
        self,
        name: str,
        instance: WireInstance | None = None,
        *,
        force: bool = False,
        retry: bool = False,
        timeout_s: float | None = None,
    ) -> None:
        self._require_running(name)
        remove_if_exists(str(self._path(name)))

    def reboot_instance(self, instance: WireInstance, *, timeout_s: float = c.DEFAULT_SHUTDOWN_TIMEOUT) -> None:
        self._require_running(instance.name)

    def balloon_memory(self, instance: WireInstance, memory_mib: int) -> None:
        self._require_running(instance.name)
        self._write(instance, memory_mib)

    def list_instances(self, hvparams: HvParams) -> list[str]:
        return sorted(path.name for path in self._root.iterdir() if not path.name.endswith(".new"))

    def instance_info(self, name: str, hvparams: HvParams) -> GuestInfo | None:
        try:
            hypervisor_id, memory, vcpus = self._path(name).read_text().split()
            return GuestInfo(name=name, hypervisor_id=hypervisor_id, memory_mib=int(memory), vcpus=int(vcpus))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as err:
            raise errors.HypervisorError(f"File {self._path(name)} of a fake instance is unusable: {err}") from err

    def host_info(self, hvparams: HvParams) -> HostInfo:
        """Resources of this node, less what its fake guests would use."""
        host = linux.host_info()
        used = sum(guest.memory_mib for guest in self.all_instances_info(hvparams))
        free = max(0, host.memory_free - used)
        return HostInfo(
            memory_total=host.memory_total,
            memory_free=free,
            memory_dom0=host.memory_dom0,
            cpu_total=host.cpu_total,
            cpu_dom0=host.cpu_dom0,
            cpu_nodes=host.cpu_nodes,
            cpu_sockets=host.cpu_sockets,
        )

    def verify(self, hvparams: HvParams) -> str | None:
        return None if self._root.is_dir() else f"Directory {self._root} does not exist"

    def accept_instance(self, instance: WireInstance, info: str, target_ip: str) -> None:
        self._require_stopped(instance.name)

    def migrate_instance(self, cluster_name: str, instance: WireInstance, target_ip: str, *, live: bool) -> None:
        self._require_running(instance.name)

    def migration_status(self, instance: WireInstance) -> MigrationStatus:
        return MigrationStatus(status=c.HV_MIGRATION_COMPLETED)

    def finalize_migration_target(self, instance: WireInstance, info: str, *, success: bool) -> None:
        if success:
            self._write(instance, self.startup_memory_mib(instance))
        else:
            remove_if_exists(str(self._path(instance.name)))

    def finalize_migration_source(self, instance: WireInstance, *, success: bool, live: bool) -> None:
        if success:
            remove_if_exists(str(self._path(instance.name)))

    def _path(self, name: str) -> Path:
        return self._root / name

    def _create(self, instance: WireInstance) -> None:
        self._require_stopped(instance.name)
        self._write(instance, self.startup_memory_mib(instance))

    def _write(self, instance: WireInstance, memory_mib: int) -> None:
        content = f"0\n{memory_mib}\n{instance.beparams[c.BE_VCPUS]}\n"
        write_atomic(str(self._path(instance.name)), content, fsync=False)

    def _require_stopped(self, name: str) -> None:
        if self._path(name).exists():
            raise errors.HypervisorError(f"Instance {name} is already running")

    def _require_running(self, name: str) -> None:
        if not self._path(name).exists():
            raise errors.HypervisorError(f"Instance {name} is not running")
