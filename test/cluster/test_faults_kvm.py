"""kill -9 of the master daemon while a real guest is migrated: the guest goes on, on one node, and is found there."""

import contextlib
import os
import re
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, TypeAlias

import pytest

from ganeti import errors
from ganeti.hypervisor.kvm.qmp import QmpClient
from test.cluster.busybox import prepared_cache
from test.cluster.virtual import VirtualCluster, wait_for

Moment: TypeAlias = Callable[[VirtualCluster], bool]

NAME: Final = "walker"
SOURCE, TARGET = 1, 2
#: Under software emulation on two busy cores.
BOOT_S: Final = 120.0


def control(cluster: VirtualCluster, node: int, kind: str) -> Path:
    """Return the path of a socket of the guest on a node."""
    return cluster.root(node) / f"var/run/ganeti/kvm-hypervisor/ctrl/{NAME}.{kind}"


def guest_state(cluster: VirtualCluster, node: int) -> str:
    """Return what QEMU says about the guest on a node; empty if there is none."""
    try:
        with QmpClient(control(cluster, node, "qmp"), timeout_s=5.0) as qmp:
            return str(qmp.execute("query-status")["status"])
    except errors.HypervisorError:
        return ""


def next_tick(cluster: VirtualCluster, node: int) -> int:
    """Return the guest's counter, which it writes to its console."""
    text = ""
    with socket.socket(socket.AF_UNIX) as console:
        console.connect(str(control(cluster, node, "serial")))
        console.settimeout(0.2)

        def has_ticked() -> bool:
            nonlocal text
            with contextlib.suppress(TimeoutError):
                text += console.recv(4096).decode(errors="replace")
            return re.search(r"\btick (\d+)\r?\n", text) is not None

        wait_for(has_ticked, "the guest's counter", timeout_s=BOOT_S)
    return int(re.findall(r"\btick (\d+)\r?\n", text)[-1])


@pytest.fixture
def guest(cluster: VirtualCluster) -> Iterator[VirtualCluster]:
    """The cluster with a guest that counts."""
    prepared_cache()
    cluster.run(
        *("gnt-instance", "add", "-t", "sharedfile", "--disk", "0:size=32m", "-n", cluster.nodes[SOURCE]),
        *("-o", "busybox+default", "-H", "kvm:vhost_net=false", "-B", "memory=128m", "--no-nics", NAME),
    )
    yield cluster
    cluster.run("gnt-instance", "remove", "--force", "--shutdown-timeout=0", NAME)


def transfer_from(cluster: VirtualCluster, node: int) -> str:
    """Return QEMU's state of the transfer away from a node; empty if there is none."""
    try:
        with QmpClient(control(cluster, node, "qmp"), timeout_s=5.0) as qmp:
            return str(qmp.execute("query-migrate").get("status", ""))
    except errors.HypervisorError:
        return ""


def is_under_way(cluster: VirtualCluster) -> bool:
    """Tell whether the transfer has begun."""
    return transfer_from(cluster, SOURCE) in ("setup", "active", "completed")


def has_arrived(cluster: VirtualCluster) -> bool:
    """Tell whether the target has all of the guest."""
    return transfer_from(cluster, SOURCE) == "completed"


@pytest.mark.parametrize(
    ("restart", "source_dies"),
    [(is_under_way, False), (has_arrived, False), (has_arrived, True)],
    ids=["in the transfer", "guest has arrived", "guest has arrived and its source is gone"],
)
def test_guest_survives_a_migration_whose_master_died(
    guest: VirtualCluster, restart: Moment, source_dies: bool
) -> None:
    before = next_tick(guest, SOURCE)
    guest.run("gnt-instance", "migrate", "--force", "--submit", "-n", guest.nodes[TARGET], NAME)
    wait_for(lambda: is_under_way(guest), "the moment of death")
    guest.kill_daemon("ganeti-masterd")
    wait_for(lambda: restart(guest), "the moment of the restart", timeout_s=BOOT_S)
    if source_dies:
        kill_emulator(guest, SOURCE)
    guest.run("ganeti-masterd")
    verified = guest.run("gnt-cluster", "verify", check=False)
    assert verified.exit_code == 1
    assert f"instance {NAME}: instance should not run on node {guest.nodes[TARGET]}" in verified.output

    guest.run("gnt-instance", "migrate", "--force", "--cleanup", NAME)
    assert guest.run("gnt-cluster", "verify").exit_code == 0
    (primary,) = guest.lines("gnt-instance", "list", "--no-headers", "-o", "pnode", NAME)
    here, there = (TARGET, SOURCE) if primary.strip() == guest.nodes[TARGET] else (SOURCE, TARGET)
    assert guest_state(guest, there) == ""
    assert guest_state(guest, here) == "running"
    assert next_tick(guest, here) > before, "the guest was started anew"
    if restart is has_arrived:
        assert here == TARGET


def kill_emulator(cluster: VirtualCluster, node: int) -> None:
    """Kill the guest on a node as the death of the node would."""
    pid = int((cluster.root(node) / f"var/run/ganeti/kvm-hypervisor/pid/{NAME}").read_text())
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not guest_state(cluster, node), "the end of the guest")


def test_guest_that_came_from_elsewhere_survives_one_as_well(guest: VirtualCluster) -> None:
    # QEMU goes on saying that a migration was completed.
    guest.run("gnt-instance", "migrate", "--force", "-n", guest.nodes[TARGET], NAME)
    before = next_tick(guest, TARGET)
    guest.run("gnt-instance", "migrate", "--force", "--submit", "-n", guest.nodes[SOURCE], NAME)
    wait_for(lambda: guest_state(guest, SOURCE) == "inmigrate", "the moment of death")
    guest.kill_daemon("ganeti-masterd")
    guest.run("ganeti-masterd")
    guest.run("gnt-instance", "migrate", "--force", "--cleanup", NAME)
    assert guest.run("gnt-cluster", "verify").exit_code == 0
    # The transfer may have been over before the repair looked.
    (where,) = (node for node in (SOURCE, TARGET) if guest_state(guest, node) == "running")
    (primary,) = guest.lines("gnt-instance", "list", "--no-headers", "-o", "pnode", NAME)
    assert primary.strip() == guest.nodes[where]
    assert next_tick(guest, where) > before
