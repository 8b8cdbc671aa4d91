"""Checks of hypervisor parameters on the master."""

from __future__ import annotations

from typing import Any

import pytest

from ganeti import constants as c
from ganeti import hvparams
from ganeti.errors import HypervisorError, ParseError
from ganeti.hvparams.cpumask import parse_multi_cpu_mask, parse_single_cpu_mask


@pytest.mark.parametrize("hypervisor", c.HYPER_TYPES)
def test_defaults_are_valid_and_complete(hypervisor: str) -> None:
    hvparams.check_syntax(hypervisor, hvparams.defaults(hypervisor))
    assert set(hvparams.defaults(hypervisor)) == set(c.HVC_DEFAULTS[hypervisor])


def test_every_parameter_of_the_constants_is_in_the_table() -> None:
    assert {name for table in hvparams.TABLE.values() for name in table} == set(c.HVS_PARAMETERS)


def kvm(**changes: Any) -> dict[str, Any]:
    return {**hvparams.defaults(c.HT_KVM), **changes}


@pytest.mark.parametrize(
    "changes",
    [
        {"boot_order": "cdrom", "cdrom_image_path": "https://mirror.example.com/a.iso"},
        {"security_model": "user", "security_domain": "nobody"},
        {"spice_bind": "eth0", "spice_ip_version": 6},
        {"spice_bind": "192.0.2.1", "spice_ip_version": 4},
        {"disk_aio": "native", "disk_cache": "none"},
        {"serial_console": False, "serial_speed": 1},
        {"cpu_mask": "0-1:all:3"},
        {"root_path": None, "kernel_path": ""},
        {"virtio_net_queues": 32},
    ],
)
def test_accepted(changes: dict[str, Any]) -> None:
    hvparams.check_syntax(c.HT_KVM, kvm(**changes))


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"no_such": 1}, "no_such"),
        ({"kvm_path": ""}, "kvm_path"),
        ({"kvm_path": "relative"}, "kvm_path"),
        ({"kvm_path": "/usr/../bin/kvm"}, "kvm_path"),
        ({"boot_order": "cdrom"}, "cdrom_image_path"),
        ({"boot_order": "tape"}, "boot_order"),
        ({"cdrom_image_path": "gopher://x/y"}, "cdrom_image_path"),
        ({"root_path": ""}, "root_path"),
        ({"security_model": "user"}, "security_domain"),
        ({"security_domain": "nobody"}, "security_domain"),
        ({"serial_speed": 9601}, "serial_speed"),
        ({"vnc_x509_verify": True}, "vnc_x509_path"),
        ({"spice_use_tls": True}, "spice_use_tls"),
        ({"spice_bind": "192.0.2.1", "spice_ip_version": 6}, "spice_ip_version"),
        ({"disk_aio": "native"}, "disk_aio"),
        ({"migration_port": 65535}, "migration_port"),
        ({"migration_downtime": -1}, "migration_downtime"),
        ({"virtio_net_queues": 33}, "virtio_net_queues"),
        ({"cpu_mask": "3-1"}, "cpu_mask"),
        ({"kvm_pci_reservations": 33}, "kvm_pci_reservations"),
    ],
)
def test_refused(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(HypervisorError, match=named):
        hvparams.check_syntax(c.HT_KVM, kvm(**changes))


def test_missing_parameter_is_refused() -> None:
    params = kvm()
    del params["acpi"]
    with pytest.raises(HypervisorError, match="acpi"):
        hvparams.check_syntax(c.HT_KVM, params)


@pytest.mark.parametrize(("mask", "cpus"), [("0", (0,)), ("3,0-1", (0, 1, 3)), ("1,1-2", (1, 2))])
def test_single_mask(mask: str, cpus: tuple[int, ...]) -> None:
    assert parse_single_cpu_mask(mask) == cpus


@pytest.mark.parametrize("mask", ["", ",", "a", "1-", "2-1", "-1", "1--2", "٣"])
def test_malformed_mask(mask: str) -> None:
    with pytest.raises(ParseError):
        parse_single_cpu_mask(mask)


def test_multi_mask() -> None:
    assert parse_multi_cpu_mask("0-1:all") == ((0, 1), (-1,))
    assert parse_multi_cpu_mask("") == ()


def test_assessment_of_the_defaults_names_what_admins_should_change() -> None:
    warnings = "\n".join(hvparams.assess(c.HT_KVM, kvm()))
    assert all(name in warnings for name in ("cpu_type", "migration_bandwidth", "machine_version"))
    good = kvm(cpu_type="Skylake-Server", migration_bandwidth=500, machine_version="pc-i440fx-7.2")
    assert hvparams.assess(c.HT_KVM, good) == []
    assert hvparams.assess(c.HT_FAKE, hvparams.defaults(c.HT_FAKE)) == []


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"vnc_bind_address": "0.0.0.0"}, "vnc_bind_address"),
        ({"spice_bind": "eth0"}, "spice_bind"),
        ({"vhost_net": False}, "vhost_net"),
        ({"disk_type": "ide"}, "disk_type"),
        ({"cpu_type": "host"}, "cpu_type"),
        ({"kvm_flag": "disabled"}, "kvm_flag"),
    ],
)
def test_assessment(changes: dict[str, Any], named: str) -> None:
    assert any(warning.startswith(named) for warning in hvparams.assess(c.HT_KVM, kvm(**changes)))


def test_only_kvm_promises_migration_between_versions() -> None:
    assert hvparams.versions_safe_for_migration(c.HT_KVM, [7, 2, 0], [10, 0, 0])
    assert not hvparams.versions_safe_for_migration(c.HT_XEN_PVM, [4, 17], [4, 18])
