"""State of the fake hypervisor."""

from __future__ import annotations

from pathlib import Path

import pytest

from ganeti import constants as c
from ganeti import pathutils
from ganeti.errors import HypervisorError
from ganeti.hypervisor import get_hypervisor, get_hypervisor_class, linux
from ganeti.hypervisor.fake import FakeHypervisor
from ganeti.objects.guest import HostInfo
from test.unit.hypervisor.guests import NAME, make_instance

HOST = HostInfo(
    memory_total=4096, memory_free=200, memory_dom0=3896, cpu_total=2, cpu_dom0=2, cpu_nodes=1, cpu_sockets=1
)


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeHypervisor:
    monkeypatch.setattr(pathutils, "RUN_DIR", str(tmp_path))
    monkeypatch.setattr(linux, "host_info", lambda: HOST)
    return FakeHypervisor()


def test_life_of_a_guest(fake: FakeHypervisor) -> None:
    instance = make_instance()
    fake.start_instance(instance, (), paused=False)
    info = fake.instance_info(NAME, {})
    # 128 to 256 MiB are asked for and 200 are free.
    assert info is not None and (info.memory_mib, info.vcpus, info.state) == (200, 2, 0)
    assert fake.list_instances({}) == [NAME]
    assert fake.host_info({}).memory_free == 0

    fake.balloon_memory(instance, 150)
    assert [guest.memory_mib for guest in fake.all_instances_info({})] == [150]
    fake.stop_instance(NAME, instance)
    assert fake.instance_info(NAME, {}) is None


def test_file_format_is_three_lines(fake: FakeHypervisor, tmp_path: Path) -> None:
    fake.start_instance(make_instance(), (), paused=False)
    assert (tmp_path / "fake-hypervisor" / NAME).read_text() == "0\n200\n2\n"


def test_second_start_and_operations_on_stopped_guests_fail(fake: FakeHypervisor) -> None:
    instance = make_instance()
    for operation in (
        lambda: fake.stop_instance(NAME),
        lambda: fake.balloon_memory(instance, 1),
        lambda: fake.reboot_instance(instance),
    ):
        with pytest.raises(HypervisorError):
            operation()
    fake.start_instance(instance, (), paused=False)
    with pytest.raises(HypervisorError):
        fake.start_instance(instance, (), paused=False)
    with pytest.raises(HypervisorError):
        fake.accept_instance(instance, "", "192.0.2.1")


def test_migration_moves_the_file(fake: FakeHypervisor) -> None:
    instance = make_instance()
    fake.start_instance(instance, (), paused=False)
    fake.migrate_instance("cluster", instance, "192.0.2.1", live=True)
    assert fake.migration_status(instance).status == c.HV_MIGRATION_COMPLETED
    fake.finalize_migration_source(instance, success=True, live=True)
    assert fake.list_instances({}) == []
    fake.finalize_migration_target(instance, "", success=True)
    assert fake.list_instances({}) == [NAME]
    fake.finalize_migration_target(instance, "", success=False)
    assert fake.list_instances({}) == []


def test_devices_of_running_guests_cannot_be_changed(fake: FakeHypervisor) -> None:
    with pytest.raises(HypervisorError, match="fake"):
        fake.hotplug_supported(make_instance())


def test_hypervisors_are_found_by_name(fake: FakeHypervisor) -> None:
    assert isinstance(get_hypervisor(c.HT_FAKE), FakeHypervisor)
    assert get_hypervisor_class(c.HT_KVM).CAN_MIGRATE
    with pytest.raises(HypervisorError, match="Unknown hypervisor"):
        get_hypervisor("vmware")
