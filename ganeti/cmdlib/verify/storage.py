"""Disk images that belong to no disk: what an interrupted creation, removal or move left behind."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from ganeti import constants as c
from ganeti.cmdlib.verify.findings import Finding, warning
from ganeti.objects import Cluster, ConfigData, Node
from ganeti.rpc.procedures.storage import StoredFile

#: Another group may be creating disks in the shared directory right now, unseen by the locks of this verification.
_GRACE_S: Final = 3600.0


def image_directories(cluster: Cluster) -> list[tuple[str, str]]:
    """Return (disk template, directory) of the enabled templates whose disks are files."""
    directories = ((c.DT_FILE, cluster.file_storage_dir), (c.DT_SHARED_FILE, cluster.shared_file_storage_dir))
    return [(name, path) for name, path in directories if path and name in cluster.enabled_disk_templates]


def listing_plan(cluster: Cluster, nodes: Sequence[Node]) -> dict[str, list[str]]:
    """Return which directories each node (UUID) lists: its own one each, the shared one only the first."""
    able = [node for node in nodes if node.vm_capable and not node.offline]
    plan: dict[str, list[str]] = {node.uuid: [] for node in able}
    for template, directory in image_directories(cluster):
        for node in able if template == c.DT_FILE else able[:1]:
            plan[node.uuid].append(directory)
    return {uuid: directories for uuid, directories in plan.items() if directories}


def image_paths(config: ConfigData) -> frozenset[str]:
    """Return the paths of all disks that are files, those of no instance too."""
    return frozenset(
        str(disk.logical_id[1]) for disk in config.disks.values() if disk.dev_type in c.DTS_INSTANCE_DEPENDENT_PATH
    )


def check_orphan_images(
    nodes: Iterable[Node],
    listings: Mapping[str, Sequence[StoredFile]],
    known: frozenset[str],
    *,
    shared_directory: str,
    has_other_groups: bool,
    now: float,
) -> Iterator[Finding]:
    """Report files that belong to none of the *known* disks; *listings* by node UUID, *now* in Unix seconds."""
    for node in nodes:
        for path, size, changed in sorted(listings.get(node.uuid, ())):
            is_shared = bool(shared_directory) and path.startswith(shared_directory.rstrip("/") + "/")
            may_be_new = is_shared and has_other_groups and now - changed < _GRACE_S
            if path not in known and not may_be_new:
                text = f"disk image {path} ({size // 2**20} MiB) is unknown to the cluster"
                yield warning(c.CV_ENODEORPHANLV, node.name, text)
