"""Disk templates that may be used, and the directories of those that are files."""

import os
from typing import Final

from ganeti import constants as c
from ganeti.cmdlib.cluster.params.outcome import Outcome, invalid, wrong_state
from ganeti.objects import ConfigData
from ganeti.opcodes import OpClusterSetParams

#: Templates whose storage this version can drive.
SUPPORTED_TEMPLATES: Final = (c.DT_DISKLESS, c.DT_FILE, c.DT_SHARED_FILE)

#: Directory of each template that has one.
_DIRECTORY_FIELDS: Final = {
    c.DT_FILE: "file_storage_dir",
    c.DT_SHARED_FILE: "shared_file_storage_dir",
    c.DT_GLUSTER: "gluster_storage_dir",
}

#: Parameters of subsystems that this version does not have; an empty value switches off what is off anyway.
_UNSUPPORTED: Final = {
    "vg_name": "LVM volume groups",
    "drbd_helper": "DRBD",
}


def check_supported(op: OpClusterSetParams) -> None:
    """Refuse what cannot be switched on; raises OpPrereqError (wrong_input)."""
    for name, what in _UNSUPPORTED.items():
        if getattr(op, name):
            raise invalid(f"This version does not support {what}, '{name}' cannot be set")


def disk_templates(config: ConfigData, op: OpClusterSetParams) -> Outcome:
    """Return the enabled disk templates; none that is in use can go."""
    if op.enabled_disk_templates is None:
        return Outcome()
    cluster, wanted = config.cluster, tuple(dict.fromkeys(op.enabled_disk_templates))
    if not wanted:
        raise invalid("At least one disk template must be enabled")
    new = set(wanted) - set(cluster.enabled_disk_templates)
    unsupported = sorted(new - set(SUPPORTED_TEMPLATES))
    if unsupported:
        raise invalid(f"This version does not support the disk template(s) {', '.join(unsupported)}")
    gone = set(cluster.enabled_disk_templates) - set(wanted)
    used = {disk.dev_type for disk in config.disks.values()}
    if any(not instance.disks for instance in config.instances.values()):
        used.add(c.DT_DISKLESS)
    if gone & used:
        raise wrong_state(f"Disk template(s) {', '.join(sorted(gone & used))} are in use and cannot be disabled")
    return Outcome({"enabled_disk_templates": wanted})


def storage_directories(config: ConfigData, op: OpClusterSetParams) -> Outcome:
    """Return the directories of disk images; *config* has the new list of templates already."""
    enabled = config.cluster.enabled_disk_templates
    values: dict[str, str] = {}
    warnings = []
    for template, field in _DIRECTORY_FIELDS.items():
        path: str | None = getattr(op, field)
        effective = getattr(config.cluster, field) if path is None else path
        if template in enabled and not effective:
            raise invalid(f"Disk template {template} is enabled, so its storage directory must not be empty")
        if path is None:
            continue
        if path and not os.path.isabs(path):
            raise invalid(f"The storage directory '{path}' is not absolute")
        if path and template not in enabled:
            warnings.append(f"The directory of disk template {template} is set, but the template is not enabled")
        values[field] = os.path.normpath(path) if path else ""
    return Outcome(values, warnings=tuple(warnings))
