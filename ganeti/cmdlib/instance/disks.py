"""Disks of instances, the pure part: from what the user writes to disk objects and their place on storage."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from ganeti import constants as c
from ganeti.cmdlib.instance.items import check_item_names, enforce_types, item_name
from ganeti.errors import OpPrereqError, ProgrammerError
from ganeti.objects import Cluster, Disk, Instance, Params
from ganeti.objects import disks_of as disks_of

#: Driver recorded for disks that are existing block devices.
BLOCKDEV_DRIVER: Final = "manual"
RBD_DRIVER: Final = "rbd"


def _invalid(text: str) -> OpPrereqError:
    return OpPrereqError(text, c.ECODE_INVAL)


@dataclass(frozen=True)
class DiskSpec:
    """A disk to be made; ``size`` in MiB, ``params`` what goes into the disk object's parameters."""

    size: int
    mode: str = c.DISK_RDWR
    name: str | None = None
    vg: str | None = None
    metavg: str | None = None
    adopt: str | None = None
    provider: str | None = None
    spindles: int | None = None
    params: Params = field(default_factory=dict)


def check_disk_keys(specs: Sequence[Mapping[str, Any]], template: str) -> list[dict[str, Any]]:
    """Return disk specifications with keys, types and names checked; raises OpPrereqError."""
    if len(specs) > c.MAX_DISKS:
        raise _invalid(f"An instance can have {c.MAX_DISKS} disks at most, not {len(specs)}")
    result = []
    for spec in specs:
        if template == c.DT_EXT:
            # Any other key is a parameter of the storage provider.
            known = {key: value for key, value in spec.items() if key in c.IDISK_PARAMS_TYPES}
            result.append({**spec, **enforce_types(known, c.IDISK_PARAMS_TYPES)})
        else:
            result.append(enforce_types(spec, c.IDISK_PARAMS_TYPES))
    check_item_names("disk", [item_name(spec.get(c.IDISK_NAME)) for spec in result])
    return result


def check_adoption(specs: Sequence[Mapping[str, Any]], template: str, *, has_iallocator: bool, mode: str) -> bool:
    """Tell whether existing volumes shall become the disks; raises OpPrereqError if that is not possible."""
    adopting = [c.IDISK_ADOPT in spec for spec in specs]
    if any(adopting) and not all(adopting):
        raise _invalid("Either all disks are adopted or none is")
    is_adopting = any(adopting)
    if is_adopting:
        if template not in c.DTS_MAY_ADOPT:
            raise _invalid(f"Disk adoption is not supported for the '{template}' disk template")
        if has_iallocator:
            raise _invalid("Disk adoption not allowed with an iallocator script")
        if mode != c.INSTANCE_CREATE:
            raise _invalid("Disk adoption not allowed for instance import")
    elif template in c.DTS_MUST_ADOPT:
        raise _invalid(f"Disk template {template} requires disk adoption, but no 'adopt' parameter given")
    return is_adopting


def normalise_disk(spec: Mapping[str, Any], template: str, default_vg: str | None) -> DiskSpec:
    """Return the disk that a specification describes; raises OpPrereqError (wrong_input)."""
    mode = spec.get(c.IDISK_MODE, c.DISK_RDWR)
    if mode not in c.DISK_ACCESS_SET:
        raise _invalid(f"Invalid disk access mode '{mode}'")
    size = spec.get(c.IDISK_SIZE)
    if size is None:
        raise _invalid("Missing disk size")
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise _invalid(f"Invalid disk size '{size}'")
    provider = spec.get(c.IDISK_PROVIDER)
    if provider and template != c.DT_EXT:
        raise _invalid(
            f"The '{c.IDISK_PROVIDER}' option is only valid for the {c.DT_EXT} disk template, not {template}"
        )
    if template == c.DT_EXT and not provider:
        raise _invalid(f"Missing provider for template '{c.DT_EXT}'")
    return DiskSpec(
        size=size,
        mode=mode,
        name=item_name(spec.get(c.IDISK_NAME)),
        vg=spec.get(c.IDISK_VG) or default_vg,
        metavg=spec.get(c.IDISK_METAVG),
        adopt=spec.get(c.IDISK_ADOPT),
        provider=provider,
        spindles=spec.get(c.IDISK_SPINDLES),
        params=_object_params(spec, template),
    )


def _object_params(spec: Mapping[str, Any], template: str) -> Params:
    """Return what a specification puts into the disk object's parameters."""
    params: Params = {}
    if template == c.DT_EXT:
        params = {key: value for key, value in spec.items() if key not in c.IDISK_PARAMS}
        params[c.IDISK_PROVIDER] = spec[c.IDISK_PROVIDER]
    if template in c.DTS_HAVE_ACCESS and spec.get(c.IDISK_ACCESS):
        params[c.IDISK_ACCESS] = spec[c.IDISK_ACCESS]
    return params


def storage_directory(cluster: Cluster, template: str, instance_name: str, sub_directory: str | None) -> str | None:
    """Return the directory of a new instance's disk files; None for templates without files.

    Raises OpPrereqError if the cluster has no directory for the template or *sub_directory* leads out of it.
    """
    base = {
        c.DT_FILE: cluster.file_storage_dir,
        c.DT_SHARED_FILE: cluster.shared_file_storage_dir,
        c.DT_GLUSTER: cluster.gluster_storage_dir,
    }.get(template)
    if base is None:
        return None
    if not base:
        raise OpPrereqError(f"Cluster file storage dir for template '{template}' not defined", c.ECODE_STATE)
    parts = [base, sub_directory or ""]
    if template in c.DTS_INSTANCE_DEPENDENT_PATH:
        parts.append(instance_name)
    if sub_directory is not None and os.path.isabs(sub_directory):
        raise _invalid(f"File storage directory '{sub_directory}' must be relative to {base}")
    directory = os.path.normpath(os.path.join(*parts))
    if directory != os.path.normpath(base) and not directory.startswith(os.path.normpath(base) + "/"):
        raise _invalid(f"File storage directory '{sub_directory}' leads out of {base}")
    return directory


@dataclass(frozen=True)
class Layout:
    """Where new disks go: nodes (UUIDs), first free disk index, and what file templates need."""

    template: str
    primary: str
    secondary: str | None = None
    base_index: int = 0
    directory: str | None = None
    file_driver: str = c.FD_DEFAULT


def generate_disks(layout: Layout, specs: Sequence[DiskSpec], new_uuid: Callable[[], str]) -> list[Disk]:
    """Return the disk objects for *specs*; every name holds a fresh UUID, so that none is ever used again.

    Templates that need allocated resources (DRBD) are made by their own module.
    """
    disks = []
    for index, spec in enumerate(specs, layout.base_index):
        disks.append(
            Disk(
                uuid=new_uuid(),
                dev_type=layout.template,
                logical_id=_logical_id(layout, spec, index, new_uuid),
                size=spec.size,
                mode=spec.mode,
                name=spec.name,
                iv_name=f"disk/{index}",
                spindles=spec.spindles,
                params=spec.params,
                nodes=(layout.primary,) if layout.template in (c.DT_PLAIN, c.DT_FILE) else (),
            )
        )
    return disks


def _logical_id(layout: Layout, spec: DiskSpec, index: int, new_uuid: Callable[[], str]) -> tuple[Any, ...]:
    if layout.template in c.DTS_INSTANCE_DEPENDENT_PATH:
        if layout.directory is None:
            raise ProgrammerError("File disks need a directory")
        name = f"{new_uuid()}.{layout.template}.disk{index}"
        return (layout.file_driver, os.path.join(layout.directory, name))
    if layout.template == c.DT_PLAIN:
        return (spec.vg, f"{new_uuid()}.disk{index}")
    if layout.template == c.DT_RBD:
        return (RBD_DRIVER, f"{new_uuid()}.rbd.disk{index}")
    if layout.template == c.DT_EXT:
        return (spec.provider, f"{new_uuid()}.ext.disk{index}")
    if layout.template == c.DT_BLOCK:
        return (BLOCKDEV_DRIVER, spec.adopt)
    raise ProgrammerError(f"Disks of template {layout.template} are not made here")


def is_file_based(disks: Sequence[Disk]) -> bool:
    """Tell whether all disks are files in a directory of their instance."""
    return bool(disks) and all(disk.dev_type in c.DTS_INSTANCE_DEPENDENT_PATH for disk in disks)


def file_directory(disk: Disk) -> str | None:
    """Return the directory of a file disk; None for others."""
    if disk.dev_type not in c.DTS_INSTANCE_DEPENDENT_PATH:
        return None
    return os.path.dirname(str(disk.logical_id[1]))


def renamed_path(disk: Disk, old_name: str, new_name: str) -> Disk:
    """Return a file disk of an instance that gets another name; the directory of that name changes, nothing else.

    A disk outside of such a directory (attached by hand) stays where it is.
    """
    driver, path = disk.logical_id
    directory, name = os.path.split(path)
    base, last = os.path.split(directory)
    if last != old_name:
        return disk
    return msgspec.structs.replace(disk, logical_id=(driver, os.path.join(base, new_name, name)))


def is_only_planned(instance: Instance, disks: Sequence[Disk]) -> bool:
    """Tell whether nothing of a forthcoming instance exists; else its creation was started and not finished."""
    return instance.forthcoming and all(disk.forthcoming for disk in disks)


def node_tree(disk: Disk, primary: str) -> list[str]:
    """Return the UUIDs of the nodes on which operations on a whole disk work."""
    if disk.dev_type == c.DT_DRBD8:
        return [str(node) for node in disk.logical_id[:2]]
    return [primary]


def all_nodes(primary: str, disks: Sequence[Disk]) -> list[str]:
    """Return the UUIDs of all nodes of an instance, primary first."""
    others = (node for disk in disks for node in node_tree(disk, primary))
    return list(dict.fromkeys([primary, *others]))


def check_file_driver(template: str, driver: str | None) -> str | None:
    """Return the driver of file disks, None for other templates; raises OpPrereqError."""
    if template not in c.DTS_FILEBASED:
        return driver
    if driver is not None and driver not in c.FILE_DRIVER:
        raise _invalid(f"Invalid file driver name '{driver}'")
    return driver or c.FD_DEFAULT


def check_access(hypervisor: str, template: str, access: str | None) -> None:
    """Check how disks are accessed by the hypervisor; raises OpPrereqError (wrong_state)."""
    if access in (None, c.DISK_KERNELSPACE):
        return
    if access == c.DISK_USERSPACE and hypervisor == c.HT_KVM and template in c.DTS_HAVE_ACCESS:
        return
    raise OpPrereqError(
        f"Disk access mode '{access}' cannot be used with hypervisor {hypervisor} and disk template {template}",
        c.ECODE_STATE,
    )


def check_template_enabled(cluster: Cluster, template: str) -> None:
    """Check that a disk template exists and is enabled; raises OpPrereqError."""
    if template not in c.DISK_TEMPLATES:
        raise OpPrereqError(f"'{template}' is not a valid disk template")
    if template not in cluster.enabled_disk_templates:
        enabled = ", ".join(cluster.enabled_disk_templates)
        raise OpPrereqError(
            f"Disk template '{template}' is not enabled in cluster. Enabled disk templates are: {enabled}"
        )
