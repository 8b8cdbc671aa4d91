"""Writes the section COMMANDS of a manual page from the table of sub-commands of its program."""

import argparse
import sys
import textwrap
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Final

from ganeti.cli.options import Command, Option, Program
from ganeti.cli.parser import COMMON_OPTIONS

BEGIN: Final = ".. Begin of what ganeti/tools/man_commands.py writes from the option tables."
END: Final = ".. End of what ganeti/tools/man_commands.py writes."
_WIDTH: Final = 100
_INDENT: Final = "    "


class MarkerError(Exception):
    """A manual page lacks the two lines between which the section is written."""


def _wrapped(text: str, indent: str = "") -> Iterator[str]:
    yield from textwrap.wrap(
        text, _WIDTH, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False, break_long_words=False
    )


def _literal(text: str) -> str:
    return f"``{text}``"


def _value_name(option: Option) -> str:
    """Return what stands for the value of an option."""
    if option.metavar:
        return option.metavar
    if option.choices and len(option.choices) <= 5:
        return "|".join(option.choices)
    return (option.dest or "value").upper()


def _option_lines(option: Option) -> Iterator[str]:
    """Yield one entry of a definition list."""
    flags = ", ".join(_literal(flag) for flag in option.flags)
    yield f"{flags} {_literal(_value_name(option))}" if option.takes_value else flags
    yield from _wrapped(option.help, _INDENT)


def _command_lines(program: Program, command: Command) -> Iterator[str]:
    yield command.name
    yield "~" * len(command.name)
    yield ""
    options = " [options]" if command.options else ""
    arguments = f" {_literal(command.synopsis)}" if command.synopsis else ""
    yield f"**{program.name} {command.name}**{options}{arguments}"
    yield ""
    yield from _wrapped(f"{command.help}.")
    if command.aliases:
        yield ""
        yield f"Other names: {', '.join(f'**{alias}**' for alias in command.aliases)}."
    if command.default_fields:
        yield ""
        yield from _wrapped(f"Default fields: {', '.join(_literal(name) for name in command.default_fields)}.")
    for option in command.options:
        yield ""
        yield from _option_lines(option)
    yield ""


def section(program: Program) -> str:
    """Return the section COMMANDS of the manual page of *program*."""
    lines = ["COMMANDS", "========", "", "Every sub-command knows these options:"]
    for option in COMMON_OPTIONS:
        lines += ["", *_option_lines(option)]
    lines.append("")
    for command in sorted(program.commands, key=lambda item: item.name):
        lines += _command_lines(program, command)
    return "\n".join(lines)


def updated(page: str, program: Program) -> str:
    """Return the text of a manual page with its section written anew.

    Raises MarkerError.
    """
    before, has_begin, rest = page.partition(BEGIN)
    _, has_end, after = rest.partition(END)
    if not has_begin or not has_end:
        raise MarkerError("the page lacks the lines between which the commands are written")
    return f"{before}{BEGIN}\n\n{section(program)}\n{END}{after}"


def program_of(page: Path) -> Program:
    """Return the program that a manual page describes."""
    program = import_module(f"ganeti.client.{page.stem.replace('-', '_')}").PROGRAM
    assert isinstance(program, Program)
    return program


def main(argv: Sequence[str] | None = None) -> int:
    """Write the section of each given page; return 1 if a page could not be written."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("page", type=Path, nargs="+", help="source of a manual page, like man/gnt-job.rst")
    for page in parser.parse_args(argv).page:
        try:
            page.write_text(updated(page.read_text(encoding="utf-8"), program_of(page)), encoding="utf-8")
        except (OSError, MarkerError) as err:
            sys.stderr.write(f"{page}: {err}\n")
            return 1
    return 0
