"""OP_NODE_QUERY_STORAGE: the storage units of nodes."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from ganeti import constants as c
from ganeti import errors, opcodes
from ganeti.cmdlib import names
from ganeti.cmdlib.base import ALL_SET, Feedback, LogicalUnit, lu_for
from ganeti.objects import Cluster
from ganeti.rpc import procedures
from ganeti.utils.text import nice_sort_key

#: Storage type -> attribute of the cluster with the directory.
_DIRECTORY_OF: Final = {
    c.ST_FILE: "file_storage_dir",
    c.ST_SHARED_FILE: "shared_file_storage_dir",
    c.ST_GLUSTER: "gluster_storage_dir",
}
#: Columns that the master adds to what nodes answer.
_MASTER_FIELDS: Final = (c.SF_NODE, c.SF_TYPE)


def enabled_types(templates: Iterable[str]) -> list[str]:
    """Return the storage types behind enabled disk templates, in their order; physical volumes follow their group."""
    types: list[str] = []
    for template in templates:
        kind = c.MAP_DISK_TEMPLATE_STORAGE_TYPE[template]
        types += [kind, c.ST_LVM_PV] if kind == c.ST_LVM_VG else [kind]
    return list(dict.fromkeys(types))


def type_to_list(cluster: Cluster, wanted: str | None) -> str:
    """Return the storage type to list: the *wanted* one, else that of the first enabled template.

    Raises OpPrereqError for a type that no enabled template uses, or that has nothing to list.
    """
    types = enabled_types(cluster.enabled_disk_templates)
    if wanted is None:
        wanted = types[0]
    elif wanted not in types:
        raise errors.OpPrereqError(
            f"Storage of type '{wanted}' is not used: no enabled disk template needs it", c.ECODE_INVAL
        )
    if wanted not in c.STS_REPORT_NODE_STORAGE:
        raise errors.OpPrereqError(
            f"Storage of type '{wanted}' has nothing to list; name one of"
            f" {', '.join(c.STS_REPORT_NODE_STORAGE)} that is used",
            c.ECODE_INVAL,
        )
    return wanted


def arguments_of(cluster: Cluster, kind: str) -> list[Any]:
    """Return what nodes must know to list storage of a type."""
    return [[getattr(cluster, _DIRECTORY_OF[kind])]] if kind in _DIRECTORY_OF else []


def _in_order(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: (nice_sort_key(row[c.SF_NODE]), nice_sort_key(row[c.SF_NAME])))


@lu_for(opcodes.OpNodeQueryStorage)
class LUNodeQueryStorage(LogicalUnit[opcodes.OpNodeQueryStorage]):
    """Ask nodes for their storage units."""

    REQ_BGL = False

    def check_arguments(self) -> None:
        """Check the fields."""
        unknown = sorted(set(self.op.output_fields) - set(c.VALID_STORAGE_FIELDS))
        if unknown:
            raise errors.OpPrereqError(f"Unknown output fields selected: {', '.join(unknown)}", c.ECODE_INVAL)

    def expand_names(self) -> None:
        """Lock the nodes, shared."""
        found = [node.uuid for node in names.find_nodes(self.snapshot(), self.op.nodes)]
        self.needed_locks = {c.LEVEL_NODE: found if self.op.nodes else ALL_SET}
        self.share_all_levels()

    def check_prereq(self) -> None:
        """Choose what to list."""
        self.kind = type_to_list(self.snapshot().cluster, self.op.storage_type)

    def exec(self, feedback: Feedback) -> list[list[Any]]:
        """Return one row per unit, sorted by the names of node and unit."""
        config = self.snapshot()
        asked = list(dict.fromkeys(f for f in (c.SF_NAME, *self.op.output_fields) if f not in _MASTER_FIELDS))
        uuids = [uuid for uuid in self.owned(c.LEVEL_NODE) if not config.nodes[uuid].offline]
        answers = self.rpc.call(
            uuids, procedures.storage_list, self.kind, arguments_of(config.cluster, self.kind), self.op.name, asked
        )
        rows: list[dict[str, Any]] = []
        for uuid in uuids:
            node = config.nodes[uuid].name
            if answers[uuid].warn(f"Can't get storage data from node {node}", self.log_warning):
                continue
            known = {c.SF_NODE: node, c.SF_TYPE: self.kind}
            rows += [{**known, **dict(zip(asked, row, strict=True))} for row in answers[uuid].payload]
        return [[row[field] for field in self.op.output_fields] for row in _in_order(rows)]
