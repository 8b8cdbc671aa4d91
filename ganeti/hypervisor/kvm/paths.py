"""Where the files of a KVM guest are on the node."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ganeti import errors, pathutils

_DIR_MODE = 0o775
#: The kernel's limit for paths of UNIX sockets; QEMU refuses longer ones.
_MAX_SOCKET_PATH = 107


@dataclass(frozen=True, slots=True)
class KvmPaths:
    """The run-time directories of all KVM guests.

    Attributes:
      root: the run directory of the hypervisor.
      log_dir: log files of QEMU.
      links_dir: links to the devices of instances.
    """

    root: Path
    log_dir: Path
    links_dir: Path

    @classmethod
    def of_node(cls) -> KvmPaths:
        """The directories of this node."""
        return cls(
            Path(pathutils.RUN_DIR) / "kvm-hypervisor", Path(pathutils.LOG_KVM_DIR), Path(pathutils.DISK_LINKS_DIR)
        )

    @property
    def pid_dir(self) -> Path:
        """Process id files; its entries are the candidates for running guests."""
        return self.root / "pid"

    @property
    def conf_dir(self) -> Path:
        """Runtime files."""
        return self.root / "conf"

    @property
    def ctrl_dir(self) -> Path:
        """Sockets and shutdown markers."""
        return self.root / "ctrl"

    @property
    def nic_dir(self) -> Path:
        """A directory per guest with the names of its tap interfaces."""
        return self.root / "nic"

    @property
    def uid_dir(self) -> Path:
        """User ids taken from the pool."""
        return self.root / "uid"

    @property
    def chroot_dir(self) -> Path:
        """Empty directories that guests are locked into."""
        return self.root / "chroot"

    @property
    def quarantine_dir(self) -> Path:
        """Chroot directories that were not empty at the end."""
        return self.root / "chroot-quarantine"

    def create_directories(self) -> None:
        """Create what is missing, for the run directory is emptied when the node restarts."""
        for path in (
            self.root,
            self.pid_dir,
            self.conf_dir,
            self.ctrl_dir,
            self.nic_dir,
            self.uid_dir,
            self.chroot_dir,
            self.quarantine_dir,
        ):
            if not path.is_dir():
                path.mkdir(parents=True, exist_ok=True)
                path.chmod(_DIR_MODE)  # whatever the umask of the daemon
        self.log_dir.mkdir(mode=0o750, parents=True, exist_ok=True)

    def guest(self, name: str) -> GuestPaths:
        """The files of one guest."""
        return GuestPaths(self, name)


@dataclass(frozen=True, slots=True)
class GuestPaths:
    """The files of one guest."""

    node: KvmPaths
    name: str

    @property
    def pid_file(self) -> Path:
        """Written by QEMU."""
        return self.node.pid_dir / self.name

    @property
    def uid_file(self) -> Path:
        """Id of the pool user that runs the guest."""
        return self.node.uid_dir / self.name

    @property
    def monitor(self) -> Path:
        """Human monitor, for the console wrapper and admins."""
        return self.node.ctrl_dir / f"{self.name}.monitor"

    @property
    def qmp(self) -> Path:
        """Control socket of the node daemon."""
        return self.node.ctrl_dir / f"{self.name}.qmp"

    @property
    def kvmd(self) -> Path:
        """Control socket of the daemon that notices shutdowns by users."""
        return self.node.ctrl_dir / f"{self.name}.kvmd"

    @property
    def serial(self) -> Path:
        """Serial console."""
        return self.node.ctrl_dir / f"{self.name}.serial"

    @property
    def guest_agent(self) -> Path:
        """Channel to the agent inside the guest."""
        return self.node.ctrl_dir / f"{self.name}.qga"

    @property
    def shutdown_marker(self) -> Path:
        """Exists when the user powered the guest off."""
        return self.node.ctrl_dir / f"{self.name}.shutdown"

    @property
    def runtime(self) -> Path:
        """What the guest was started with."""
        return self.node.conf_dir / f"{self.name}.runtime"

    @property
    def nics(self) -> Path:
        """Directory of the names of the guest's tap interfaces."""
        return self.node.nic_dir / self.name

    @property
    def chroot(self) -> Path:
        """The directory the guest may be locked into."""
        return self.node.chroot_dir / self.name

    @property
    def log(self) -> Path:
        """Messages of QEMU."""
        return self.node.log_dir / f"{self.name}.log"

    def sockets(self) -> tuple[Path, ...]:
        """All sockets that QEMU listens on."""
        return (self.monitor, self.qmp, self.kvmd, self.serial, self.guest_agent)

    def check_lengths(self) -> None:
        """Refuse names whose socket paths the kernel does not take.

        Raises:
          HypervisorError: the path of a socket would be too long.
        """
        for path in self.sockets():
            if len(str(path).encode()) > _MAX_SOCKET_PATH:
                raise errors.HypervisorError(
                    f"The name of instance {self.name} is too long: {path} exceeds {_MAX_SOCKET_PATH} bytes"
                )
