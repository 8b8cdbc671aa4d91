"""Where the disks of a template are kept on nodes, and how much space they take there."""

from collections.abc import Sequence
from typing import Final

from ganeti import constants as c
from ganeti.objects.cluster import Cluster

#: Disk template -> (storage type, what names the unit in the cluster object). Nodes cannot tell about those of others.
_UNITS: Final = {
    c.DT_PLAIN: (c.ST_LVM_VG, "volume_group_name"),
    c.DT_DRBD8: (c.ST_LVM_VG, "volume_group_name"),
    c.DT_FILE: (c.ST_FILE, "file_storage_dir"),
    c.DT_SHARED_FILE: (c.ST_SHARED_FILE, "shared_file_storage_dir"),
}


def default_unit(cluster: Cluster, template: str) -> tuple[str, str] | None:
    """Return (storage type, key) of the unit that holds disks of a template by default.

    None if disks of the template are kept in no unit, or the cluster has no such unit.
    """
    kind, attribute = _UNITS.get(template, ("", ""))
    key = getattr(cluster, attribute) if kind else None
    return (kind, key) if key else None


def disk_usage_mib(template: str, sizes: Sequence[int]) -> int:
    """Return the space that disks take on each of their nodes, as given to allocators."""
    if template in (c.DT_DISKLESS, c.DT_BLOCK):
        return 0
    return sum(size + (c.DRBD_META_SIZE if template == c.DT_DRBD8 else 0) for size in sizes)
