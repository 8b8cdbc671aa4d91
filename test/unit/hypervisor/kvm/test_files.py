"""Files of guests and users of the pool."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ganeti import pathutils
from ganeti.errors import HypervisorError, LockError
from ganeti.hypervisor.kvm import files, uidpool
from ganeti.hypervisor.kvm.paths import GuestPaths, KvmPaths
from ganeti.hypervisor.kvm.uidpool import parse_pool, taken_uid


@pytest.fixture
def guest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> GuestPaths:
    monkeypatch.setattr(pathutils, "UIDPOOL_LOCKDIR", str(tmp_path / "pool"))
    monkeypatch.setattr(uidpool, "_has_processes", lambda uid: uid == 4002)
    paths = KvmPaths(tmp_path / "run", tmp_path / "log", tmp_path / "links")
    paths.create_directories()
    return paths.guest("a.example.com")


def test_interface_is_found_by_nic_and_by_position(guest: GuestPaths) -> None:
    files.write_nic(guest, 0, "uuid-a", "tap0")
    files.write_nic(guest, 1, "uuid-b", "tap1")
    assert files.read_nic(guest, 1, "uuid-b") == "tap1"
    assert (guest.nics / "1").read_text() == "tap1"
    files.remove_nic(guest, "uuid-a")
    assert files.read_nic(guest, 0, "uuid-a") is None
    # The remaining NIC moved up, and is still found.
    assert files.read_nic(guest, 0, "uuid-b") == "tap1"


def test_nothing_of_a_guest_is_left(guest: GuestPaths, tmp_path: Path) -> None:
    for path in (guest.pid_file, guest.runtime, guest.shutdown_marker, *guest.sockets()):
        path.write_text("")
    files.write_nic(guest, 0, "uuid-a", "tap0")
    files.make_chroot(guest)
    with taken_uid([4001]) as uid:
        files.write_uid(guest, uid)
    files.remove_guest_files(guest)
    left = [path for path in (tmp_path / "run").rglob("*") if not path.is_dir()]
    assert left == [] and not guest.chroot.exists() and not (tmp_path / "pool" / "4001").exists()
    files.remove_guest_files(guest)


def test_chroot_with_contents_is_kept_for_inspection(guest: GuestPaths) -> None:
    files.make_chroot(guest)
    (guest.chroot / "strange").write_text("")
    files.remove_guest_files(guest)
    assert not guest.chroot.exists()
    assert [path.name for path in guest.node.quarantine_dir.rglob("strange")] == ["strange"]


def test_too_long_names_are_refused(guest: GuestPaths) -> None:
    guest.node.guest("short").check_lengths()
    with pytest.raises(HypervisorError, match="too long"):
        guest.node.guest("x" * 100).check_lengths()


def test_pool_gives_every_guest_another_user(guest: GuestPaths) -> None:
    pool = parse_pool("4001-4003\n")
    with taken_uid(pool) as first, taken_uid(pool) as second:
        # 4002 has processes that are not ours.
        assert {first, second} == {4001, 4003}
        with pytest.raises(LockError), taken_uid(pool):
            pass


def test_user_is_given_back_when_the_start_fails(guest: GuestPaths) -> None:
    with pytest.raises(RuntimeError), taken_uid([4001]):
        raise RuntimeError
    assert os.listdir(pathutils.UIDPOOL_LOCKDIR) == []


@pytest.mark.parametrize(("text", "size"), [("", 0), ("4000\n", 1), ("1-3\n5-6\n", 5)])
def test_pool_format(text: str, size: int) -> None:
    assert len(parse_pool(text)) == size


def test_malformed_pool_is_an_error() -> None:
    with pytest.raises(LockError):
        parse_pool("a-b")
