"""Real QEMU under software emulation: life of a guest on one node, and its live migration to another one."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ganeti import constants as c
from ganeti import hvparams
from test.cluster.busybox import prepared_cache, run_script

ROOT = Path(__file__).resolve().parents[2]
EMULATOR = Path("/usr/bin/qemu-system-x86_64")
NAME = "guest1.example.com"
DEADLINE_S = 120.0

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root"),
    pytest.mark.skipif(not EMULATOR.exists(), reason="needs QEMU"),
]


def wait_for(condition: Callable[[], Any], what: str, deadline_s: float = DEADLINE_S) -> Any:
    """Poll until a condition gives something true."""
    end = time.monotonic() + deadline_s
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.1)
    raise AssertionError(f"{what} did not happen within {deadline_s} s")


class Node:
    """A virtual node: a root directory and a process that uses it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.run = root / "var/run/ganeti"
        (self.run / "instance-disks").mkdir(parents=True)
        environment = {**os.environ, "GANETI_ROOTDIR": str(root), "GANETI_HOSTNAME": root.name}
        self._worker = subprocess.Popen(
            [sys.executable, str(ROOT / "test/cluster/hypervisor_worker.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**environment, "PYTHONPATH": str(ROOT)},
        )

    def call(self, method: str, **arguments: Any) -> Any:
        """Call the hypervisor; an error raises AssertionError with its text."""
        assert self._worker.stdin is not None and self._worker.stdout is not None
        self._worker.stdin.write(json.dumps([method, arguments]) + "\n")
        self._worker.stdin.flush()
        succeeded, result = json.loads(self._worker.stdout.readline())
        assert succeeded, result
        return result

    def link_disk(self, disk: Path) -> str:
        """Make the link by which the guest uses its disk."""
        link = self.run / "instance-disks" / f"{NAME}:0"
        link.symlink_to(disk)
        return str(link)

    def info(self) -> dict[str, Any] | None:
        """What the hypervisor knows about the guest."""
        return self.call("instance_info", name=NAME, hvparams={})

    def serial(self) -> socket.socket:
        """A connection to the guest's serial console."""
        connection = socket.socket(socket.AF_UNIX)
        # The path below a test's directory may be longer than a socket address.
        with contextlib.chdir(self.run / "kvm-hypervisor/ctrl"):
            connection.connect(f"{NAME}.serial")
        connection.settimeout(0.5)
        return connection

    def close(self) -> None:
        """Kill the guest and end the process."""
        self.call("stop_instance", name=NAME, force=True)
        assert self._worker.stdin is not None
        self._worker.stdin.close()
        self._worker.wait(timeout=30)


def read_until(connection: socket.socket, wanted: str, deadline_s: float = DEADLINE_S) -> str:
    """Read from a console until a text appears."""
    text = ""

    def appeared() -> bool:
        nonlocal text
        with contextlib.suppress(TimeoutError):
            text += connection.recv(4096).decode(errors="replace")
        return wanted in text

    try:
        wait_for(appeared, f"'{wanted}' on the console", deadline_s)
    except AssertionError as err:
        raise AssertionError(f"{err}; console so far: {text!r}") from None
    return text


def last_tick(text: str) -> int:
    """The guest's counter."""
    return max(int(line.split()[1]) for line in text.splitlines() if line.startswith("tick ") and line.count(" ") == 1)


@pytest.fixture(scope="module")
def cache() -> Path:
    """Directory with the guest's disk image."""
    return prepared_cache()


@pytest.fixture
def disk(cache: Path, tmp_path: Path) -> Path:
    """A disk with the guest on it."""
    path = tmp_path / "disk0"
    with path.open("wb") as file:
        file.truncate(32 << 20)
    result = run_script("create", cache, INSTANCE_NAME=NAME, DISK_COUNT="1", DISK_0_PATH=str(path))
    assert result.returncode == 0, result.stderr
    return path


@pytest.fixture
def nodes() -> Iterator[list[Node]]:
    """Two virtual nodes; their directory has a short name because of the limit for paths of sockets."""
    base = Path(f"/tmp/kvmtest-{uuid.uuid4().hex[:8]}")
    created = [Node(base / name) for name in ("node1", "node2")]
    try:
        yield created
    finally:
        for node in created:
            node.close()
        subprocess.run(["rm", "-rf", str(base)], check=True, timeout=30)


def make_instance(disk_template: str = c.DT_SHARED_FILE, **params: Any) -> dict[str, Any]:
    """An instance as nodes get it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free_port = probe.getsockname()[1]
    return {
        "uuid": str(uuid.uuid4()),
        "name": NAME,
        "primary_node": "",
        "os": "busybox+default",
        "hypervisor": c.HT_KVM,
        "hvparams": {
            **hvparams.defaults(c.HT_KVM),
            "kvm_path": str(EMULATOR),
            "kvm_flag": c.HT_KVM_DISABLED,
            "kernel_path": "",
            "vhost_net": False,
            "migration_port": free_port,
            "migration_bandwidth": 1024,
            **params,
        },
        "beparams": {"minmem": 128, "maxmem": 128, "vcpus": 1},
        "disk_template": disk_template,
        "disks_info": [{"uuid": str(uuid.uuid4()), "dev_type": disk_template, "logical_id": [], "size": 32}],
    }


def test_guest_boots_from_its_disk_and_powers_off_on_request(nodes: list[Node], disk: Path) -> None:
    node = nodes[0]
    instance = make_instance()
    node.call("start_instance", instance=instance, links=[node.link_disk(disk)], paused=False)
    console = node.serial()
    read_until(console, "login:")
    info = node.info()
    assert info is not None and (info["memory_mib"], info["vcpus"], info["state"]) == (128, 1, 0)
    assert node.call("list_instances", hvparams={}) == [NAME]

    node.call("stop_instance", name=NAME, instance=instance)
    wait_for(lambda: node.info() is None, "power-off")
    node.call("cleanup_instance", name=NAME)
    assert [path for path in (node.run / "kvm-hypervisor").rglob("*") if not path.is_dir()] == []


def test_guest_goes_on_after_live_migration(nodes: list[Node], disk: Path) -> None:
    source, target = nodes
    instance = make_instance()
    source.call("start_instance", instance=instance, links=[source.link_disk(disk)], paused=False)
    target.link_disk(disk)
    before = last_tick(read_until(source.serial(), "tick 3"))

    info = source.call("migration_info", instance=instance)
    target.call("accept_instance", instance=instance, info=info, target_ip="127.0.0.1")
    source.call("migrate_instance", cluster_name="c", instance=instance, target_ip="127.0.0.1", live=True)
    wait_for(lambda: source.call("migration_status", instance=instance)["status"] != c.HV_MIGRATION_ACTIVE, "the end")
    assert source.call("migration_status", instance=instance)["status"] == c.HV_MIGRATION_COMPLETED
    source.call("finalize_migration_source", instance=instance, success=True, live=True)
    target.call("finalize_migration_target", instance=instance, info=info, success=True)

    assert source.info() is None
    assert target.info() is not None
    console = target.serial()
    text = read_until(console, f"tick {before + 2}")
    assert "login:" not in text, "the guest was started anew"


def test_guest_returns_to_its_node_when_the_target_fails(nodes: list[Node], disk: Path) -> None:
    source, target = nodes
    instance = make_instance()
    source.call("start_instance", instance=instance, links=[source.link_disk(disk)], paused=False)
    target.link_disk(disk)
    console = source.serial()
    read_until(console, "tick 1")

    info = source.call("migration_info", instance=instance)
    target.call("accept_instance", instance=instance, info=info, target_ip="127.0.0.1")
    target.call("finalize_migration_target", instance=instance, info=info, success=False)
    source.call("migrate_instance", cluster_name="c", instance=instance, target_ip="127.0.0.1", live=False)
    wait_for(
        lambda: source.call("migration_status", instance=instance)["status"] == c.HV_MIGRATION_FAILED, "the failure"
    )
    source.call("finalize_migration_source", instance=instance, success=False, live=False)

    assert target.info() is None
    with contextlib.suppress(TimeoutError):
        console.recv(65536)
    read_until(console, "tick")


def test_disk_is_plugged_in_and_out(nodes: list[Node], disk: Path, tmp_path: Path) -> None:
    node = nodes[0]
    instance = make_instance()
    node.call("start_instance", instance=instance, links=[node.link_disk(disk)], paused=False)
    console = node.serial()
    read_until(console, "login:")
    extra = tmp_path / "disk1"
    with extra.open("wb") as file:
        file.truncate(8 << 20)
    device = {"uuid": str(uuid.uuid4()), "dev_type": c.DT_SHARED_FILE, "logical_id": [], "size": 8}
    change = {"instance": instance, "target": c.HOTPLUG_TARGET_DISK, "device": device, "seq": 1}

    node.call("verify_hotplug", instance=instance, action=c.HOTPLUG_ACTION_ADD, target=c.HOTPLUG_TARGET_DISK)
    node.call("hot_add", **change, block=str(extra))
    console.sendall(b"root\n")
    read_until(console, "#")
    # The guest's system sees the new disk a moment after QEMU.
    console.sendall(b"until cat /sys/block/vdb/size 2>/dev/null; do usleep 100000; done\n")
    read_until(console, "16384")
    with extra.open("ab") as file:
        file.truncate(9 << 20)
    node.call("resize_disk", instance=instance, disk=device, new_size_bytes=9 << 20)
    console.sendall(b"cat /sys/block/vdb/size\n")
    read_until(console, "18432")

    placement = node.call("hot_remove", **change)
    assert placement["driver"] == "virtio-blk-pci"
    runtime = json.loads((node.run / f"kvm-hypervisor/conf/{NAME}.runtime").read_text())
    assert len(runtime[3]) == 1


@pytest.fixture
def bridge() -> Iterator[str]:
    """A bridge of this machine."""
    name = f"kvmtest{uuid.uuid4().hex[:6]}"
    made = subprocess.run(["ip", "link", "add", name, "type", "bridge"], capture_output=True, timeout=30, check=False)
    if made.returncode:
        pytest.skip(f"cannot make a bridge here: {made.stderr.decode()}")
    try:
        for command in (["addr", "add", "198.51.100.1/30", "dev", name], ["link", "set", name, "up"]):
            subprocess.run(["ip", *command], check=True, timeout=30)
        yield name
    finally:
        subprocess.run(["ip", "link", "del", name], check=True, timeout=30)


def test_guest_on_a_bridge_answers_and_gets_another_nic(nodes: list[Node], disk: Path, bridge: str) -> None:
    node = nodes[0]
    subprocess.run(
        ["mcopy", "-o", "-i", f"{disk}@@1M", "-", "::/instance.cfg"],
        check=True,
        timeout=30,
        input=f"hostname={NAME}\naddress=198.51.100.2/30\n".encode(),
    )
    parameters = {"mode": c.NIC_MODE_BRIDGED, "link": bridge, "vlan": ""}
    first, second = (
        {"uuid": str(uuid.uuid4()), "mac": f"aa:00:00:12:34:0{index}", "nicparams": parameters} for index in (1, 2)
    )
    instance = {**make_instance(virtio_net_queues=2), "nics": [first]}
    node.call("start_instance", instance=instance, links=[node.link_disk(disk)], paused=False)
    interface = (node.run / "kvm-hypervisor/nic" / NAME / "0").read_text()
    assert Path(f"/sys/class/net/{bridge}/brif/{interface}").exists()

    def echo() -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("198.51.100.2", 7), timeout=1) as connection:
            connection.sendall(b"hello")
            return connection.recv(5) == b"hello"
        return False

    wait_for(echo, "an answer of the guest")

    change = {"instance": instance, "target": c.HOTPLUG_TARGET_NIC, "device": second, "seq": 1}
    node.call("hot_add", **change, block=None)
    wait_for(lambda: len(list(Path(f"/sys/class/net/{bridge}/brif").iterdir())) == 2, "second interface")
    node.call("hot_modify", **change, block=None)
    node.call("hot_remove", **change)
    wait_for(lambda: len(list(Path(f"/sys/class/net/{bridge}/brif").iterdir())) == 1, "its removal")


ACCEPTED = {
    "ide disk": {"disk_type": "ide"},
    "scsi disk": {"disk_type": "scsi-hd", "scsi_controller_type": "virtio-scsi-pci"},
    "scsi cd on lsi": {"cdrom_disk_type": "scsi-cd", "cdrom_image_path": "IMAGE"},
    "boot from cd and floppy": {"cdrom_image_path": "IMAGE", "boot_order": "cdrom", "floppy_image_path": "FLOPPY"},
    "direct cache, native aio": {"disk_cache": "none", "disk_aio": "native", "disk_discard": "unmap"},
    "write-through": {"disk_cache": "writethrough"},
    "vnc with password and tls": {"vnc_bind_address": "127.0.0.1", "vnc_password_file": "PASSWORD", "vnc_tls": True},
    "vnc on an interface": {"vnc_bind_address": "lo", "keymap": "de"},
    "sound, clock, usb": {"soundhw": "ac97", "use_localtime": True, "usb_devices": "keyboard,tablet,mouse"},
    "no acpi, no serial console": {"acpi": False, "serial_console": False, "reboot_behavior": "exit"},
    "chroot, user": {"use_chroot": True, "security_model": "user", "security_domain": "nobody"},
    "guest agent, vga": {"use_guest_agent": True, "vga": "cirrus"},
    "cpus": {"cpu_mask": "0", "cpu_cores": 1, "cpu_type": "qemu64,+ssse3"},
    "spice": {"spice_bind": "127.0.0.1", "spice_password_file": "PASSWORD", "spice_image_compression": "lz"},
    "extra": {"kvm_extra": "-smbios 'type=1,product=a b'"},
}


@pytest.mark.parametrize("params", ACCEPTED.values(), ids=ACCEPTED)
def test_emulator_accepts_the_command_line(
    nodes: list[Node], tmp_path: Path, params: dict[str, Any], request: pytest.FixtureRequest
) -> None:
    node = nodes[0]
    files = {"IMAGE": tmp_path / "image", "FLOPPY": tmp_path / "floppy", "PASSWORD": tmp_path / "password"}
    for name in ("IMAGE", "FLOPPY"):
        files[name].write_bytes(bytes(1440 << 10))
    files["PASSWORD"].write_text("geheim\n")
    image = tmp_path / "disk0"
    image.write_bytes(bytes(1 << 20))
    values = {name: str(files.get(value, value)) if isinstance(value, str) else value for name, value in params.items()}
    instance = {**make_instance(c.DT_FILE, **values), "network_port": 11000 + os.getpid() % 900}
    node.call("start_instance", instance=instance, links=[node.link_disk(image)], paused=True)
    info = node.info()
    assert info is not None
    if "chroot" in request.node.name:
        status = Path(f"/proc/{info['hypervisor_id']}/status").read_text()
        assert "Uid:\t65534" in status
        assert Path(f"/proc/{info['hypervisor_id']}/root").readlink() != Path("/")
    node.call("stop_instance", name=NAME, force=True)
    node.call("cleanup_instance", name=NAME)
    assert [path for path in (node.run / "kvm-hypervisor").rglob("*") if not path.is_dir()] == []


def test_failed_start_tells_the_reason_and_leaves_nothing(nodes: list[Node], tmp_path: Path) -> None:
    node = nodes[0]
    image = tmp_path / "image"
    image.write_bytes(bytes(1 << 20))
    # The floppy wants the disk's file for itself.
    instance = make_instance(c.DT_FILE, floppy_image_path=str(image))
    with pytest.raises(AssertionError, match="lock"):
        node.call("start_instance", instance=instance, links=[node.link_disk(image)], paused=False)
    assert node.info() is None
    assert [path for path in (node.run / "kvm-hypervisor").rglob("*") if not path.is_dir()] == []
