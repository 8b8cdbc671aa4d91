"""Queries as opcodes: for clients that ask through a job, and for resources that need the nodes' answers."""

from typing import Any

from ganeti import constants as c
from ganeti import errors, opcodes
from ganeti.cmdlib.base import Feedback, LogicalUnit, lu_for
from ganeti.query.cluster_info import cluster_info
from ganeti.query.engine import QueryEngine


class _WithoutLocks(LogicalUnit[Any]):
    """Reads one snapshot, so it needs no locks."""

    REQ_BGL = False

    def expand_names(self) -> None:
        """Take no locks."""
        self.needed_locks = {}

    @property
    def engine(self) -> QueryEngine:
        """The query engine of the master daemon."""
        engine = self.context.query
        assert isinstance(engine, QueryEngine)
        return engine


@lu_for(opcodes.OpQuery)
class LUQuery(_WithoutLocks):
    """Query a resource."""

    def exec(self, feedback: Feedback) -> dict[str, Any]:
        """Return the response of the query engine."""
        return self.engine.query(self.op.what, self.op.fields, self.op.qfilter)


@lu_for(opcodes.OpQueryFields)
class LUQueryFields(_WithoutLocks):
    """Describe the fields of a resource."""

    def exec(self, feedback: Feedback) -> dict[str, Any]:
        """Return the definitions of the fields."""
        return self.engine.query_fields(self.op.what, self.op.fields)


def values_only(response: dict[str, Any]) -> list[list[Any]]:
    """Return the rows of a query response without status codes.

    Raises OpPrereqError (wrong_input) if unknown fields were asked for.
    """
    unknown = [field["name"] for field in response["fields"] if field["kind"] == c.QFT_UNKNOWN]
    if unknown:
        raise errors.OpPrereqError(f"Unknown output fields selected: {', '.join(unknown)}", c.ECODE_INVAL)
    return [[value for _, value in row] for row in response["data"]]


@lu_for(opcodes.OpOsDiagnose)
class LUOsDiagnose(_WithoutLocks):
    """List the OS definitions found on the nodes, with their problems."""

    #: Fields that decide whether a definition is listed although nobody asked for it by name.
    _VISIBILITY = ("name", "hidden", "blacklisted", "valid")

    def exec(self, feedback: Feedback) -> list[list[Any]]:
        """Return one row of values per definition.

        Hidden, blacklisted and invalid definitions are left out unless they are named, or the field that tells is
        asked for.
        """
        fields = list(self.op.output_fields)
        rows = values_only(self.engine.query(c.QR_OS, [*fields, *self._VISIBILITY]))
        shown = []
        for row in rows:
            name, is_hidden, is_blacklisted, is_valid = row[len(fields) :]
            if self.op.names and name not in self.op.names:
                continue
            is_left_out = (
                (is_hidden and "hidden" not in fields)
                or (is_blacklisted and "blacklisted" not in fields)
                or (not is_valid and "valid" not in fields)
            )
            if is_left_out and not self.op.names:
                continue
            shown.append(row[: len(fields)])
        return shown


@lu_for(opcodes.OpClusterQuery)
class LUClusterQuery(_WithoutLocks):
    """Return the cluster's parameters."""

    def exec(self, feedback: Feedback) -> dict[str, Any]:
        """Return them under the keys that clients know."""
        return cluster_info(self.snapshot())


@lu_for(opcodes.OpClusterConfigQuery)
class LUClusterConfigQuery(_WithoutLocks):
    """Return single values of the cluster."""

    def exec(self, feedback: Feedback) -> list[Any]:
        """Return the values in the order asked for."""
        return values_only(self.engine.query(c.QR_CLUSTER, self.op.output_fields))[0]


@lu_for(opcodes.OpExtStorageDiagnose)
class LUExtStorageDiagnose(_WithoutLocks):
    """List the providers of external storage found on the nodes, with their problems."""

    def exec(self, feedback: Feedback) -> list[list[Any]]:
        """Return one row of values per provider, or per named one."""
        rows = values_only(self.engine.query(c.QR_EXTSTORAGE, [*self.op.output_fields, "name"]))
        return [row[:-1] for row in rows if not self.op.names or row[-1] in self.op.names]
