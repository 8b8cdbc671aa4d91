"""Fields of the cluster as a resource."""

import platform
from dataclasses import dataclass
from typing import Any, Final

from ganeti import buildcfg
from ganeti import constants as c
from ganeti.query.fields import UNAVAIL, Field, FilterMode, Resource, optional, table
from ganeti.query.view import View


@dataclass(frozen=True)
class ClusterItem:
    """The cluster with what its fields show; *watcher_pause* is the end of a pause (Unix seconds), if there is one."""

    view: View
    is_drained: bool
    watcher_pause: float | None = None


def architecture() -> list[str]:
    """Return [word size, machine] of this node, like ["64bits", "x86_64"]."""
    return [f"{platform.architecture()[0]}s", platform.machine()]


def _static(name: str, title: str, kind: str, doc: str, value: Any) -> Field[ClusterItem]:
    return Field(name, title, kind, doc, lambda _: value)


CLUSTER: Final[Resource[ClusterItem]] = Resource(
    c.QR_CLUSTER,
    None,
    table(
        [
            Field(
                "cluster_name",
                "Name",
                c.QFT_TEXT,
                "Cluster name",
                lambda item: item.view.cluster.cluster_name,
                mode=FilterMode.HOSTNAME,
            ),
            Field(
                "master_node",
                "Master",
                c.QFT_TEXT,
                "Name of the master",
                lambda item: optional(item.view.node_name(item.view.cluster.master_node)),
                mode=FilterMode.HOSTNAME,
            ),
            Field(
                "volume_group_name",
                "VgName",
                c.QFT_TEXT,
                "Default volume group",
                lambda item: optional(item.view.cluster.volume_group_name),
            ),
            Field("tags", "Tags", c.QFT_OTHER, "Tags of the cluster", lambda item: list(item.view.cluster.tags)),
            Field("ctime", "CTime", c.QFT_TIMESTAMP, "Time of creation", lambda i: optional(i.view.cluster.ctime)),
            Field(
                "mtime", "MTime", c.QFT_TIMESTAMP, "Time of the last change", lambda i: optional(i.view.cluster.mtime)
            ),
            Field("drain_flag", "QueueDrained", c.QFT_BOOL, "Whether the queue is drained", lambda i: i.is_drained),
            Field(
                "watcher_pause",
                "WatcherPause",
                c.QFT_TIMESTAMP,
                "End of the watcher's pause",
                lambda item: UNAVAIL if item.watcher_pause is None else item.watcher_pause,
                frozenset({"watcher_pause"}),
            ),
            Field("architecture", "ArchInfo", c.QFT_OTHER, "Architecture of the master", lambda _: architecture()),
            _static("software_version", "SoftwareVersion", c.QFT_TEXT, "Software version", c.RELEASE_VERSION),
            _static("vcs_version", "VCSVersion", c.QFT_TEXT, "Source code version", buildcfg.VCS_VERSION),
            _static("protocol_version", "ProtocolVersion", c.QFT_NUMBER, "Node protocol", c.PROTOCOL_VERSION),
            _static("config_version", "ConfigVersion", c.QFT_NUMBER, "Configuration format", c.CONFIG_VERSION),
            _static("os_api_version", "OsApiVersion", c.QFT_NUMBER, "OS interface version", max(c.OS_API_VERSIONS)),
            _static("export_version", "ExportVersion", c.QFT_NUMBER, "Export format version", c.EXPORT_VERSION),
        ],
        {"name": "cluster_name"},
    ),
)
