"""How programs describe their options to what generates the completion of shells (``--help-completion``).

One line per option, ``-s,--long KIND``; one per argument, ``KIND MIN MAX``.
"""

import argparse
from collections.abc import Iterator, Mapping
from typing import Any, Final

_KIND_OF_TYPE: Final[dict[Any, str]] = {int: "integer", float: "float"}


class HelpCompletion(argparse.Action):
    """The option that prints the description and ends the program."""

    def __init__(self, option_strings: list[str], dest: str, kinds: Mapping[str, str] | None = None) -> None:
        """*kinds* maps destinations of options to what cannot be seen from their declaration."""
        super().__init__(option_strings, dest, nargs=0, default=argparse.SUPPRESS, help=argparse.SUPPRESS)
        self._kinds = kinds or {}

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        """Print the description."""
        print("\n".join(describe(parser, self._kinds)))
        parser.exit()


def describe(parser: argparse.ArgumentParser, kinds: Mapping[str, str]) -> Iterator[str]:
    """Yield the lines that describe a parser."""
    for action in parser._actions:
        kind = kinds.get(action.dest) or _kind_of(action)
        if action.option_strings:
            yield f"{','.join(action.option_strings)} {kind}"
        else:
            yield f"{kind} 1 {'none' if action.nargs in ('*', '+') else 1}"


def _kind_of(action: argparse.Action) -> str:
    if action.choices is not None:
        return f"choices={','.join(map(str, action.choices))}"
    if action.nargs == 0:
        return "none"
    return _KIND_OF_TYPE.get(action.type, "string")
