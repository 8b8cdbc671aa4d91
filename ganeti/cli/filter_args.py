"""Arguments of list commands, names or one text filter, to a filter in list form."""

from collections.abc import Sequence

from ganeti import constants as c
from ganeti import errors
from ganeti.luxi.client import QueryFilter


def looks_like_filter(argument: str) -> bool:
    """True if *argument* holds a character that no name has."""
    return any(char in argument for char in c.QLANG_FILTER_DETECTION_CHARS)


def _name_condition(field: str, name: str, *, is_numeric: bool) -> QueryFilter:
    if is_numeric:
        return [c.QLANG_OP_EQUAL, field, parse_job_id(name)]
    if any(char in name for char in c.QLANG_GLOB_DETECTION_CHARS):
        from ganeti.qlang.pattern import pattern_regex

        return [c.QLANG_OP_REGEXP, field, pattern_regex(name)]
    return [c.QLANG_OP_EQUAL, field, name]


def parse_job_id(text: str) -> int:
    """Return a job id.

    Raises OpPrereqError.
    """
    if not (text.isascii() and text.isdigit()):
        raise errors.OpPrereqError(f"Invalid job ID passed: {text}", c.ECODE_INVAL)
    return int(text)


def names_filter(field: str, names: Sequence[str], *, is_numeric: bool = False) -> QueryFilter | None:
    """Return the filter for objects with these names or patterns, None if there are none."""
    if not names:
        return None
    return [c.QLANG_OP_OR, *(_name_condition(field, name, is_numeric=is_numeric) for name in names)]


def make_filter(
    arguments: Sequence[str], *, force_filter: bool = False, name_field: str = "name", is_numeric: bool = False
) -> QueryFilter | None:
    """Return the filter that the arguments of a list command mean.

    Raises OpPrereqError, or QueryFilterParseError for a bad text filter.
    """
    if force_filter and len(arguments) != 1:
        raise errors.OpPrereqError("Exactly one argument must be given as a filter", c.ECODE_INVAL)
    if force_filter or (len(arguments) == 1 and looks_like_filter(arguments[0])):
        # The grammar costs more time to load than all the rest of a list command.
        from ganeti.qlang.text_filter import parse_filter

        return parse_filter(arguments[0])
    return names_filter(name_field, arguments, is_numeric=is_numeric)


def both(first: QueryFilter | None, second: QueryFilter | None) -> QueryFilter | None:
    """Return the filter that is met if both are."""
    if first is None or second is None:
        return first or second
    return [c.QLANG_OP_AND, first, second]
