"""Starting QEMU for a guest: interfaces, user, process, and what has to be set before the guest may run."""

from __future__ import annotations

import contextlib
import logging
import os
import pwd
from collections.abc import Iterator, Sequence

import psutil

from ganeti import constants as c
from ganeti import errors, pathutils
from ganeti.hvparams import ParamView
from ganeti.hypervisor.kvm import files
from ganeti.hypervisor.kvm.display import display_arguments, read_password
from ganeti.hypervisor.kvm.emulator import get_emulator
from ganeti.hypervisor.kvm.launch import RunAs, launch_arguments, launch_params
from ganeti.hypervisor.kvm.paths import GuestPaths
from ganeti.hypervisor.kvm.pinning import pin_guest
from ganeti.hypervisor.kvm.process import QemuProcess, find_process, terminate
from ganeti.hypervisor.kvm.qmp import QmpClient
from ganeti.hypervisor.kvm.runtime import Runtime
from ganeti.hypervisor.kvm.tap import Tap, open_tap, wanted_features
from ganeti.hypervisor.kvm.uidpool import primary_group, read_pool, taken_uid
from ganeti.network.nic import PHASE_PRE, NicEvent, configure_nic, configure_nic_tolerantly
from ganeti.objects.wire import WireInstance, WireNic
from ganeti.utils.files import remove_if_exists
from ganeti.utils.process import run_cmd

_log = logging.getLogger(__name__)

#: Locking all memory of a large guest takes a while.
_SPAWN_TIMEOUT_S = 600
_DAEMON_UTIL_TIMEOUT_S = 30
_KVMD = "ganeti-kvmd"
_MEBI = 1 << 20
_SHOWN_LOG_BYTES = 2048
_COMMUNICATION_NIC_PREFIX = "ganeti:communication:"
_COMMUNICATION_TAP_PREFIX = "gnt.com."


def start_guest(
    instance: WireInstance,
    runtime: Runtime,
    paths: GuestPaths,
    *,
    incoming: bool = False,
    paused: bool = False,
    startup_memory_mib: int | None = None,
) -> None:
    """Start QEMU for a guest that is not running.

    Args:
      instance: the instance as configured now.
      runtime: what the guest was cold-started with.
      paths: the guest's files.
      incoming: leave QEMU waiting for a migration.
      paused: do not let the guest run.
      startup_memory_mib: memory to leave to the guest, if less than its maximum.

    Raises:
      HypervisorError: the start failed; nothing is left behind then.
    """
    params = launch_params(ParamView(instance.hvparams), runtime)
    remove_if_exists(str(paths.shutdown_marker))
    try:
        _ensure_kvmd(params)
        process = _spawn(instance, runtime, params, paths, incoming=incoming)
        with QmpClient(paths.qmp) as qmp:
            _set_passwords(qmp, params)
            pin_guest(process.pid, params.text(c.HV_CPU_MASK), qmp, os.cpu_count() or 1)
            if startup_memory_mib is not None and startup_memory_mib < int(instance.beparams[c.BE_MAXMEM]):
                qmp.execute("balloon", {"value": startup_memory_mib * _MEBI})
            if not (incoming or paused):
                qmp.execute("cont")
    except BaseException as err:
        abandon_guest(paths)
        if isinstance(err, errors.HypervisorError) or not isinstance(err, errors.GenericError | OSError):
            raise
        raise errors.HypervisorError(f"Failed to start instance {instance.name}: {err}") from err


def abandon_guest(paths: GuestPaths) -> None:
    """Kill whatever runs of a guest and remove its files; problems are only logged."""
    try:
        process = find_process(paths.name, paths.pid_file)
        if process is not None:
            terminate(process.pid)
        files.remove_guest_files(paths)
    except errors.HypervisorError as err:
        _log.error("Cannot clean up after instance %s: %s", paths.name, err)


def _ensure_kvmd(params: ParamView) -> None:
    """Guests whose users may power them off need the daemon that notices."""
    if not params.flag(c.HV_KVM_USER_SHUTDOWN):
        return
    if not run_cmd([pathutils.DAEMON_UTIL, "check", _KVMD], timeout_s=_DAEMON_UTIL_TIMEOUT_S).failed:
        return
    result = run_cmd([pathutils.DAEMON_UTIL, "start", _KVMD], timeout_s=_DAEMON_UTIL_TIMEOUT_S)
    if result.failed:
        raise errors.HypervisorError(f"Cannot start {_KVMD}, needed for user_shutdown: {result.output}")


def _spawn(
    instance: WireInstance, runtime: Runtime, params: ParamView, paths: GuestPaths, *, incoming: bool
) -> QemuProcess:
    emulator = get_emulator(runtime.command[0])
    display = display_arguments(params, instance.name, instance.network_port, runtime.command, _addresses_of)
    chroot = str(paths.chroot) if params.flag(c.HV_KVM_USE_CHROOT) else None
    if chroot:
        files.make_chroot(paths)
    with _open_taps(runtime.nics, params) as taps:
        _connect_nics(instance, runtime.nics, taps, incoming=incoming)
        with _run_as_user(params, paths) as uid:
            run_as = RunAs(uid, None if uid is None else primary_group(uid), chroot)
            argv = launch_arguments(runtime, params, taps, display, run_as, emulator.version, paths, incoming=incoming)
            process = _run_qemu(argv, taps, paths)
    for index, (nic, tap) in enumerate(zip(runtime.nics, taps, strict=True)):
        files.write_nic(paths, index, nic.uuid, tap.name)
    return process


def _run_qemu(argv: Sequence[str], taps: Sequence[Tap], paths: GuestPaths) -> QemuProcess:
    descriptors = [fd for tap in taps for fd in tap.all_fds()]
    logged = _log_size(paths)
    result = run_cmd(argv, timeout_s=_SPAWN_TIMEOUT_S, pass_fds=descriptors)
    if result.failed:
        # With a log file QEMU writes its last words there, not to standard error.
        details = result.output.strip() or _read_log(paths, logged)
        raise errors.HypervisorError(f"Failed to start instance {paths.name}: QEMU {result.fail_reason}: {details}")
    process = find_process(paths.name, paths.pid_file)
    if process is None:
        raise errors.HypervisorError(f"Failed to start instance {paths.name}: QEMU ended at once, see {paths.log}")
    return process


def _log_size(paths: GuestPaths) -> int:
    try:
        return paths.log.stat().st_size
    except OSError:
        return 0


def _read_log(paths: GuestPaths, start: int) -> str:
    """What QEMU has written to its log, which it may have emptied, since it had a certain size."""
    try:
        with paths.log.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(start if start <= size else 0)
            return file.read(_SHOWN_LOG_BYTES).decode(errors="replace").strip()
    except OSError:
        return f"no reason given, see {paths.log}"


@contextlib.contextmanager
def _open_taps(nics: Sequence[WireNic], params: ParamView) -> Iterator[list[Tap]]:
    """Open the interfaces of all NICs; our copies are closed at the end, QEMU's remain."""
    features = wanted_features(params)
    with contextlib.ExitStack() as stack:
        taps = []
        for nic in nics:
            tap = open_tap(features, tap_name(nic))
            stack.callback(tap.close)
            taps.append(tap)
        yield taps


def tap_name(nic: WireNic) -> str:
    """Name for the interface of a NIC: fixed for the channel between guest and node, else the kernel's choice."""
    if not (nic.name or "").startswith(_COMMUNICATION_NIC_PREFIX):
        return ""
    names = (name for name in psutil.net_if_stats() if name.startswith(_COMMUNICATION_TAP_PREFIX))
    numbers = [int(number) for name in names if (number := name.removeprefix(_COMMUNICATION_TAP_PREFIX)).isdigit()]
    return f"{_COMMUNICATION_TAP_PREFIX}{max(numbers, default=-1) + 1}"


def _connect_nics(instance: WireInstance, nics: Sequence[WireNic], taps: Sequence[Tap], *, incoming: bool) -> None:
    """Run the set-up of all NICs.

    On the target of a migration routed NICs have to wait until the guest is here, or its address would be reachable
    on two nodes; those of mode `ext` are told which phase it is.
    """
    for index, (nic, tap) in enumerate(zip(nics, taps, strict=True)):
        mode = nic.nicparams.get(c.NIC_MODE)
        event = NicEvent(c.NIC_ACTION_UP, tap.name, instance.name, instance.tags, nic, index)
        if not incoming or mode in (c.NIC_MODE_BRIDGED, c.NIC_MODE_OVS):
            configure_nic(event)
        elif mode == c.NIC_MODE_EXT:
            configure_nic_tolerantly(
                NicEvent(event.action, tap.name, instance.name, instance.tags, nic, index, PHASE_PRE)
            )


@contextlib.contextmanager
def _run_as_user(params: ParamView, paths: GuestPaths) -> Iterator[int | None]:
    """The user that QEMU becomes, None for root."""
    model = params.text(c.HV_SECURITY_MODEL)
    if model == c.HT_SM_USER:
        yield pwd.getpwnam(params.text(c.HV_SECURITY_DOMAIN)).pw_uid
    elif model == c.HT_SM_POOL:
        with taken_uid(read_pool()) as uid:
            yield uid
            files.write_uid(paths, uid)
    else:
        yield None


def _addresses_of(interface: str) -> list[str]:
    found = psutil.net_if_addrs().get(interface, [])
    # Link-local addresses carry their interface after a percent sign.
    return [item.address for item in found if item.family.name in ("AF_INET", "AF_INET6") and "%" not in item.address]


def _set_passwords(qmp: QmpClient, params: ParamView) -> None:
    """Set the display's password; until then its server refuses every login."""
    if params.text(c.HV_VNC_BIND_ADDRESS).startswith("/"):
        return
    for protocol, bind, parameter in (
        ("vnc", c.HV_VNC_BIND_ADDRESS, c.HV_VNC_PASSWORD_FILE),
        ("spice", c.HV_KVM_SPICE_BIND, c.HV_KVM_SPICE_PASSWORD_FILE),
    ):
        path = params.text(parameter)
        if params.text(bind) and path:
            qmp.execute("set_password", {"protocol": protocol, "password": read_password(path)})
