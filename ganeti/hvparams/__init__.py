"""Hypervisor parameters: the table, and all checks on them that need no node."""

from __future__ import annotations

from ganeti import constants as c
from ganeti.hvparams.ancillary import all_ancillary_files, ancillary_files
from ganeti.hvparams.assess import assess
from ganeti.hvparams.cpumask import parse_multi_cpu_mask, parse_single_cpu_mask
from ganeti.hvparams.syntax import check_syntax, is_unset
from ganeti.hvparams.table import TABLE, HvParam, defaults, parameters
from ganeti.hvparams.view import ParamView

#: Hypervisors whose instances can be migrated.
CAN_MIGRATE = frozenset({c.HT_KVM, c.HT_XEN_PVM, c.HT_XEN_HVM, c.HT_FAKE})


def versions_safe_for_migration(hypervisor: str, source: object, target: object) -> bool:
    """Tell whether instances survive a migration between two versions of a hypervisor.

    QEMU keeps migration compatible through versioned machine types, the others promise nothing.
    """
    return hypervisor == c.HT_KVM or source == target


__all__ = [
    "CAN_MIGRATE",
    "TABLE",
    "HvParam",
    "ParamView",
    "all_ancillary_files",
    "ancillary_files",
    "assess",
    "check_syntax",
    "defaults",
    "is_unset",
    "parameters",
    "parse_multi_cpu_mask",
    "parse_single_cpu_mask",
    "versions_safe_for_migration",
]
