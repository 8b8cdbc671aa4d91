"""Writes the file that completes our command lines in bash, from the declarations that the programs parse with."""

import argparse
import contextlib
import io
import pkgutil
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Final

from ganeti import buildcfg, client
from ganeti import constants as c
from ganeti.cli.options import Argument, ArgumentKind, Command, Completion, Option, Program
from ganeti.cli.parser import COMMON_OPTIONS
from ganeti.tools import cleaner

_LIBRARY: Final = Path(__file__).with_name("bash_completion.sh")

#: Programs that describe themselves with --help-completion, by the modules of their functions main.
_SELF_DESCRIBING: Final = {"ganeti-cleaner": cleaner.__name__, "ganeti-confd": "ganeti.server.confd"}

_NONE: Final = "none"
#: Any number of arguments.
_ANY: Final = "any"
_OPTION_KINDS: Final[Mapping[Completion, str]] = {
    "one_iallocator": "oneiallocator",
    "one_node": "onenode",
    "one_nodegroup": "onegroup",
    "one_os": "oneos",
    "inst_add_nodes": "addnodes",
}
_ARGUMENT_KINDS: Final[Mapping[ArgumentKind, str]] = {
    "instance": "oneinstance",
    "node": "onenode",
    "group": "onegroup",
    "network": "onenetwork",
    "jobid": "onejob",
    "file": "file",
    "host": "host",
    "os": "osorvariant",
    "command": "command",
}
#: What programs that describe themselves may say; the rest (string, integer, float, inetaddr) has no words.
_SELF_DESCRIBED_KINDS: Final = {
    "file": "file",
    "dir": "dir",
    "host": "host",
    "onenode": "onenode",
    "onegroup": "onegroup",
    "manynodes": "onenode",
    "manyinstances": "oneinstance",
}


def _choices(words: Sequence[str]) -> str:
    return ",".join(("choices", *words))


def option_kind(option: Option) -> str:
    """Return what completes the value of *option*: empty if it has none, "none" if nothing is known about it."""
    if not option.takes_value:
        return ""
    if option.callback == "priority":
        return _choices(sorted(c.PRIORITY_NAMES))
    if option.completion is not None:
        return _OPTION_KINDS[option.completion]
    if option.choices:
        return _choices(option.choices)
    if option.type == "bool":
        return _choices(("yes", "no"))
    places = {"FILE": "file", "DIR": "dir"}
    return places.get((option.metavar or "").strip("<>"), _NONE)


def argument_kind(argument: Argument) -> str:
    """Return what completes an argument."""
    if argument.choices:
        return _choices(argument.choices)
    return _ARGUMENT_KINDS.get(argument.kind, _NONE)


def _option_words(options: Sequence[Option]) -> Iterator[str]:
    for option in options:
        kind = option_kind(option)
        for flag in option.flags:
            yield f"{flag}={kind}"


def _assignments(options: Sequence[str], arguments: Sequence[str]) -> str:
    return f"options={shlex.quote(' '.join(options))} arguments={shlex.quote(' '.join(arguments))}"


def _command_case(command: Command) -> str:
    arguments = [
        f"{argument_kind(argument)}:{_ANY if argument.maximum is None else argument.maximum}"
        for argument in command.arguments
    ]
    names = " | ".join((command.name, *command.aliases))
    return f"    {names}) {_assignments(list(_option_words((*command.options, *COMMON_OPTIONS))), arguments)} ;;\n"


def _function_name(program: str) -> str:
    return f"_{program.replace('-', '_')}"


def program_functions(program: Program) -> str:
    """Return the functions that complete a client program."""
    function = _function_name(program.name)
    commands = sorted(program.commands, key=lambda command: command.name)
    cases = "".join(_command_case(command) for command in commands)
    return (
        f"{function}_table() {{\n"
        f"  commands={shlex.quote(' '.join(sorted(program.by_name)))}\n"
        f"  case $1 in\n{cases}  esac\n}}\n\n"
        f"{function}() {{ _ganeti_program {function}_table; }}\n"
        f"complete -F {function} {program.name}\n"
    )


def _self_described_kind(text: str) -> str:
    if text == _NONE:
        return ""
    if text.startswith("choices="):
        return _choices(text.removeprefix("choices=").split(","))
    return _SELF_DESCRIBED_KINDS.get(text, _NONE)


def self_described_functions(name: str, description: str) -> str:
    """Return the functions for a program without sub-commands; *description* is its answer to --help-completion."""
    options: list[str] = []
    arguments: list[str] = []
    for line in description.splitlines():
        first, *rest = line.split()
        if first.startswith("-"):
            options += [f"{flag}={_self_described_kind(rest[0])}" for flag in first.split(",")]
        else:
            maximum = rest[1]
            arguments.append(f"{_self_described_kind(first)}:{_ANY if maximum == _NONE else maximum}")
    function = _function_name(name)
    return (
        f"{function}_table() {{\n  {_assignments(options, arguments)}\n}}\n\n"
        f"{function}() {{ _ganeti_simple_program {function}_table; }}\n"
        f"complete -F {function} {name}\n"
    )


def _description(main: Callable[[Sequence[str]], int]) -> str:
    """Return what a program says about its command line."""
    output = io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.suppress(SystemExit):
        main(["--help-completion"])
    return output.getvalue()


def _directories() -> str:
    """Return the assignments of the variables that the library needs."""
    data = f"{buildcfg.LOCALSTATEDIR}/lib/ganeti"
    values = {
        "data_dir": data,
        "queue_dir": f"{data}/queue",
        "os_path": ":".join(buildcfg.OS_SEARCH_PATH),
        "iallocator_path": ":".join(buildcfg.IALLOCATOR_SEARCH_PATH),
    }
    return "".join(f"_ganeti_{name}={shlex.quote(value)}\n" for name, value in values.items())


def _client_modules() -> list[str]:
    """Return the names of the modules in ganeti.client that are programs."""
    return sorted(module.name for module in pkgutil.iter_modules(client.__path__) if module.name.startswith("gnt_"))


def programs() -> tuple[str, ...]:
    """Return the names of all programs that are completed."""
    return (*(module.replace("_", "-") for module in _client_modules()), *_SELF_DESCRIBING)


def completion_file() -> str:
    """Return the text of the file."""
    parts = ["# bash completion of Ganeti's programs; written by ganeti/tools/bash_completion.py.\n", _directories()]
    parts.append(_LIBRARY.read_text(encoding="utf-8"))
    for module in _client_modules():
        program = import_module(f"ganeti.client.{module}").PROGRAM
        assert isinstance(program, Program)
        parts.append(program_functions(program))
    for name, module in _SELF_DESCRIBING.items():
        parts.append(self_described_functions(name, _description(import_module(module).main)))
    return "\n".join(parts)


def install(directory: Path) -> None:
    """Write the file, and the links under which bash finds it when a program is completed for the first time."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "ganeti").write_text(completion_file(), encoding="utf-8")
    for name in programs():
        link = directory / name
        link.unlink(missing_ok=True)
        link.symlink_to("ganeti")


def main(argv: Sequence[str] | None = None) -> int:
    """Write the file into a directory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path, help="like /usr/share/bash-completion/completions")
    directory = parser.parse_args(argv).directory
    try:
        install(directory)
    except OSError as err:
        sys.stderr.write(f"{directory}: {err.strerror}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
