"""The answer to a query: fields and items whose values are computed row by row.

All fields of thousands of instances are more than a million values. As Python objects they would take more memory than
the rest of the master daemon together, so they exist for a few rows at a time and are turned into JSON at once.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ganeti import constants as c
from ganeti import serializer
from ganeti.query.fields import Entry, Field, Special

#: (status, value) per field
Row = list[Entry]

#: Values that exist at the same time while an answer is encoded.
_CHUNK_VALUES: Final = 20_000


@dataclass(frozen=True)
class QueryAnswer:
    """Fields, and the items that have a row each."""

    fields: Sequence[Field[Any]]
    items: Sequence[Any]

    def definitions(self) -> list[dict[str, str]]:
        """Return the descriptions of the fields."""
        return [field.definition() for field in self.fields]

    def rows(self) -> list[Row]:
        """Return one list of (status, value) per item."""
        return _rows(self._functions, self.items)

    def plain(self) -> dict[str, Any]:
        """Return the response as Python data."""
        return {"fields": self.definitions(), "data": self.rows()}

    def encoded(self) -> serializer.JsonPieces:
        """Return the response as JSON."""
        pieces = [b'{"fields":', serializer.dumps_fast(self.definitions()), b',"data":[']
        for number, chunk in enumerate(self._encoded_chunks()):
            pieces += (b",", chunk) if number else (chunk,)
        return serializer.JsonPieces((*pieces, b"]}"))

    @property
    def _functions(self) -> list[Callable[[Any], Any]]:
        return [field.value for field in self.fields]

    def _encoded_chunks(self) -> Iterator[bytes]:
        """Yield the JSON of some rows at a time, without the brackets around them."""
        functions = self._functions
        step = max(1, _CHUNK_VALUES // max(1, len(functions)))
        for begin in range(0, len(self.items), step):
            yield serializer.dumps_fast(_rows(functions, self.items[begin : begin + step]))[1:-1]


def _rows(functions: Sequence[Callable[[Any], Any]], items: Sequence[Any]) -> list[Row]:
    # One pass of the interpreter per value: everything here is done a million times.
    normal = c.RS_NORMAL
    return [
        [(normal, value) if type(value := function(item)) is not Special else value.entry for function in functions]
        for item in items
    ]
