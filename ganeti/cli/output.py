"""Tables: cells of query answers as text, aligned or separated columns, and the list commands."""

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from ganeti import constants as c
from ganeti.cli import filter_args
from ganeti.cli.dates import format_optional_time
from ganeti.cli.invocation import Invocation
from ganeti.luxi.client import FieldDefinition, QueryAnswer, QueryFilter
from ganeti.utils.text import format_unit

#: Turns the value of a field into text.
Formatter = Callable[[Any], str]

_RIGHT_ALIGNED: Final = frozenset({c.QFT_NUMBER, c.QFT_NUMBER_FLOAT, c.QFT_UNIT})


class Column(NamedTuple):
    """Heading and alignment of a column."""

    title: str
    is_right_aligned: bool = False


def join_list(value: Any) -> str:
    """Return the elements of a list separated by commas."""
    if isinstance(value, (list, tuple)):
        return ",".join(str(item) for item in value)
    return str(value)


def _format_bool(value: Any) -> str:
    return "Y" if value else "N"


def _formatter(kind: str, unit: str) -> Formatter:
    """Return what turns values of a field kind into text."""
    if kind == c.QFT_BOOL:
        return _format_bool
    if kind == c.QFT_UNIT:
        return lambda value: format_unit(value, unit)
    if kind == c.QFT_TIMESTAMP:
        return format_optional_time
    # Lists and dictionaries become Python literals, which programs evaluate as such.
    return str


def format_status(status: int, *, verbose: bool) -> str:
    """Return what stands in a cell whose value is missing."""
    words, short = c.RSS_DESCRIPTION[status]
    return words if verbose else short


def format_table(
    rows: Sequence[Sequence[str]], columns: Sequence[Column], *, header: bool, separator: str | None
) -> list[str]:
    """Return the lines of a table, padded, or joined with *separator* without padding."""
    lines = [[column.title for column in columns]] if header else []
    lines += [list(row) for row in rows]
    if separator is not None:
        return [separator.join(line) for line in lines]
    widths = [max((len(line[index]) for line in lines), default=0) for index in range(len(columns))]
    if columns and not columns[-1].is_right_aligned:
        widths[-1] = 0
    return [
        " ".join(
            cell.rjust(width) if column.is_right_aligned else cell.ljust(width)
            for cell, width, column in zip(line, widths, columns, strict=True)
        )
        for line in lines
    ]


def format_answer(
    answer: QueryAnswer,
    *,
    header: bool,
    separator: str | None = None,
    unit: str | None = None,
    verbose: bool = False,
    overrides: Mapping[str, Formatter] | None = None,
) -> list[str]:
    """Return the lines of the table for a query answer.

    *unit* defaults to sizes with suffix, and to MiB if there is a separator. *overrides* are formatters by field.
    """
    unit = unit or ("h" if separator is None else "m")
    overrides = overrides or {}
    formatters = [overrides.get(field.name) or _formatter(field.kind, unit) for field in answer.fields]
    columns = [Column(field.title, field.kind in _RIGHT_ALIGNED) for field in answer.fields]
    rows = [
        [
            formatter(value) if status == c.RS_NORMAL else format_status(status, verbose=verbose)
            for (status, value), formatter in zip(row, formatters, strict=True)
        ]
        for row in answer.rows
    ]
    return format_table(rows, columns, header=header, separator=separator)


def _warn_about_unknown(fields: Sequence[FieldDefinition]) -> int:
    """Tell about unknown fields and return the exit code."""
    unknown = [field.name for field in fields if field.kind == c.QFT_UNKNOWN]
    if not unknown:
        return c.EXIT_SUCCESS
    sys.stderr.write(f"Warning: Queried for unknown fields {', '.join(unknown)}\n")
    return c.EXIT_UNKNOWN_FIELD


def print_lines(lines: Sequence[str]) -> None:
    """Print all lines at once."""
    if lines:
        sys.stdout.write("\n".join(lines) + "\n")


def run_list(
    call: Invocation,
    resource: str,
    *,
    name_field: str = "name",
    has_numeric_names: bool = False,
    extra_filter: QueryFilter | None = None,
    overrides: Mapping[str, Formatter] | None = None,
) -> int:
    """Carry out a list command: query, print the table, return the exit code."""
    options = call.options
    qfilter = filter_args.make_filter(
        call.arguments,
        force_filter=getattr(options, "force_filter", False),
        name_field=name_field,
        is_numeric=has_numeric_names,
    )
    answer = call.client.query(resource, call.fields, filter_args.both(extra_filter, qfilter))
    exit_code = _warn_about_unknown(answer.fields)
    print_lines(
        format_answer(
            answer,
            header=not options.no_headers,
            separator=options.separator,
            unit=getattr(options, "units", None),
            verbose=options.verbose,
            overrides=overrides,
        )
    )
    return exit_code


def run_list_fields(call: Invocation, resource: str) -> int:
    """Carry out a list-fields command."""
    fields = call.client.query_fields(resource, list(call.arguments) or None)
    exit_code = _warn_about_unknown(fields)
    columns = [Column(title) for title in ("Name", "Type", "Title", "Description")]
    rows = [[field.name, c.FIELD_KIND_NAMES[field.kind], field.title, field.doc] for field in fields]
    options = call.options
    print_lines(format_table(rows, columns, header=not options.no_headers, separator=options.separator))
    return exit_code
