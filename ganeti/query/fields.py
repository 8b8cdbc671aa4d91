"""What a queryable resource consists of: its fields, declared once with name, title, kind and how to compute them."""

import enum
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Generic, TypeAlias, TypeVar

from ganeti import constants as c
from ganeti.utils.text import nice_sort_key

Item = TypeVar("Item")

#: (status, value) of one field of one item.
Entry: TypeAlias = tuple[int, Any]


class Special:
    """A value that is not there; *entry* is the (status, value) that says why."""

    __slots__ = ("entry",)

    def __init__(self, status: int) -> None:
        """*status* is one of the RS_* codes."""
        self.entry: Entry = (status, None)


UNKNOWN: Final = Special(c.RS_UNKNOWN)
NODATA: Final = Special(c.RS_NODATA)
UNAVAIL: Final = Special(c.RS_UNAVAIL)
OFFLINE: Final = Special(c.RS_OFFLINE)


class FilterMode(enum.Enum):
    """How the values of a field compare in filters."""

    PLAIN = "plain"
    #: Equal also if the literal is a prefix that ends at a dot; case does not matter.
    HOSTNAME = "hostname"
    #: [seconds, microseconds] compared as seconds.
    SPLIT_TIMESTAMP = "split_timestamp"
    #: A number, or its decimal text.
    JOB_ID = "job_id"


@dataclass(frozen=True, slots=True)
class Field(Generic[Item]):
    """A field: *value* computes it from an item of the resource and returns plain data or a Special.

    *needs* names the live data that must have been gathered before *value* is called.
    """

    name: str
    title: str
    kind: str
    doc: str
    value: Callable[[Item], Any]
    needs: frozenset[str] = frozenset()
    mode: FilterMode = FilterMode.PLAIN

    def definition(self) -> dict[str, str]:
        """Return the description that clients get."""
        return {"name": self.name, "title": self.title, "kind": self.kind, "doc": self.doc}


@dataclass(frozen=True)
class Resource(Generic[Item]):
    """The fields of one resource by name; *name_field* identifies its items, None if there is but one."""

    name: str
    name_field: str | None
    fields: Mapping[str, Field[Item]] = field(repr=False)

    def select(self, names: Iterable[str]) -> list[Field[Item]]:
        """Return the fields in the order asked for; unknown ones as fields that say so."""
        return [self.fields.get(name) or unknown_field(name) for name in names]

    def describe(self, names: Iterable[str] | None) -> list[dict[str, str]]:
        """Return the definitions of the named fields, or of all in natural order."""
        wanted = list(names or ()) or sorted(self.fields, key=nice_sort_key)
        return [item.definition() for item in self.select(wanted)]


def unknown_field(name: str) -> Field[Any]:
    """Return the stand-in for a field that does not exist."""
    return Field(name, name, c.QFT_UNKNOWN, f"Unknown field '{name}'", lambda _: UNKNOWN)


def table(fields: Iterable[Field[Item]], aliases: Mapping[str, str] | None = None) -> dict[str, Field[Item]]:
    """Return the fields by name; *aliases* maps further names to the field they show."""
    result = {item.name: item for item in fields}
    for alias, target in (aliases or {}).items():
        result[alias] = replace(result[target], name=alias)
    return result


def optional(value: Any) -> Any:
    """Return *value*, or that it does not apply if it is None."""
    return UNAVAIL if value is None else value


#: Kind of a field that shows a parameter of a given value type.
KIND_OF_TYPE: Final = {
    c.VTYPE_BOOL: c.QFT_BOOL,
    c.VTYPE_SIZE: c.QFT_UNIT,
    c.VTYPE_INT: c.QFT_NUMBER,
    c.VTYPE_FLOAT: c.QFT_NUMBER_FLOAT,
    c.VTYPE_STRING: c.QFT_OTHER,
    c.VTYPE_MAYBE_STRING: c.QFT_OTHER,
}


def parameter_fields(
    prefix: str,
    types: Mapping[str, str],
    titles: Mapping[str, str],
    what: str,
    value_of: Callable[[str], Callable[[Item], Any]],
) -> list[Field[Item]]:
    """Return one field ``<prefix>/<name>`` per parameter, showing what is in force.

    *value_of* makes the function that computes a parameter: one call for each value of a large table.
    """

    def one(name: str, kind: str) -> Field[Item]:
        title = titles.get(name) or f"{prefix}/{name}"
        return Field(f"{prefix}/{name}", title, KIND_OF_TYPE[kind], f'The "{name}" {what} parameter', value_of(name))

    return [one(name, kind) for name, kind in sorted(types.items())]


def common_fields(what: str, obj: Callable[[Item], Any]) -> list[Field[Item]]:
    """Return the fields that all objects of the configuration have."""
    return [
        Field("uuid", "UUID", c.QFT_TEXT, f"UUID of the {what}", lambda item: obj(item).uuid),
        Field("serial_no", "SerialNo", c.QFT_NUMBER, f"Number of changes to the {what}", lambda i: obj(i).serial_no),
        Field("ctime", "CTime", c.QFT_TIMESTAMP, "Time of creation", lambda i: optional(obj(i).ctime)),
        Field("mtime", "MTime", c.QFT_TIMESTAMP, "Time of the last change", lambda i: optional(obj(i).mtime)),
        Field("tags", "Tags", c.QFT_OTHER, f"Tags of the {what}", lambda item: list(obj(item).tags)),
    ]
