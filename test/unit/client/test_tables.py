"""The tables of all programs."""

import json
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from ganeti.cli import parser
from ganeti.cli.main import load_handler
from ganeti.cli.options import Command, Option, Program
from ganeti.tools.dump import commands

PROGRAMS: list[Program] = [
    import_module(f"ganeti.client.gnt_{name}").PROGRAM
    for name in ("backup", "cluster", "debug", "filter", "group", "instance", "job", "network", "node", "os", "storage")
]
COMMANDS = [(program, command) for program in PROGRAMS for command in program.commands]


def _id(value: object) -> str | None:
    return value.name if isinstance(value, (Program, Command)) else None


@pytest.mark.parametrize(("program", "command"), COMMANDS, ids=_id)
def test_every_sub_command_can_be_carried_out(program: Program, command: Command) -> None:
    assert callable(load_handler(command))


@pytest.mark.parametrize(("program", "command"), COMMANDS, ids=_id)
def test_every_sub_command_has_a_parser_and_help(program: Program, command: Command) -> None:
    text = parser.build_parser(program.name, command).format_help()
    for option in command.options:
        assert all(flag in text for flag in option.flags)
        assert option.help


@pytest.mark.parametrize(("program", "command"), COMMANDS, ids=_id)
def test_no_flag_is_declared_twice(program: Program, command: Command) -> None:
    flags = [flag for option in (*command.options, *parser.COMMON_OPTIONS) for flag in option.flags]
    assert len(flags) == len(set(flags))


@pytest.mark.parametrize("program", PROGRAMS, ids=_id)
def test_names_and_aliases_are_unique(program: Program) -> None:
    assert len(program.by_name) == sum(1 + len(command.aliases) for command in program.commands)


def _program(name: str) -> Program:
    return next(program for program in PROGRAMS if program.name == name)


def _option(program_name: str, command_name: str, flag: str) -> Option:
    return next(option for option in _program(program_name).by_name[command_name].options if flag in option.flags)


@pytest.mark.parametrize(
    ("program", "command", "flag", "dest", "kind", "default"),
    [
        ("gnt-instance", "add", "-H", "hypervisor", "identkeyval", None),
        ("gnt-instance", "add", "-s", "sd_size", "unit", None),
        ("gnt-instance", "startup", "-H", "hvparams", "keyval", {}),
        ("gnt-instance", "stop", "--timeout", "timeout", "int", 120),
        ("gnt-instance", "migrate", "--non-live", "live", "string", True),
        ("gnt-cluster", "init", "-H", "hvparams", "identkeyval", []),
        ("gnt-cluster", "init", "--primary-ip-version", "primary_ip_version", "string", 4),
        ("gnt-node", "modify", "-O", "offline", "bool", None),
        ("gnt-debug", "delay", "-r", "repeat", "int", "0"),
        ("gnt-debug", "allocator", "--disks", "disks", "string", "4096,4096"),
        ("gnt-filter", "add", "--action", "action", "filteraction", "CONTINUE"),
    ],
)
def test_options_are_those_that_scripts_know(
    program: str, command: str, flag: str, dest: str, kind: str, default: object
) -> None:
    option = _option(program, command, flag)
    assert (option.dest, option.type, option.default) == (dest, kind, default)


def test_the_words_of_the_environment_come_before_those_of_the_command_line() -> None:
    program = _program("gnt-node")
    assert program.environment_variable("list") == "GNT_NODE_LIST"
    assert program.environment_variable("info") is None


@pytest.mark.parametrize("program", ["gnt-debug", "gnt-filter", "gnt-job", "gnt-storage"])
def test_the_whole_table_of_a_program_is_what_scripts_know(program: str) -> None:
    """The recorded table lacks the help texts, and the order of options does not matter."""
    recorded = json.loads((Path(__file__).parent / "data" / f"{program}.json").read_text(encoding="utf-8"))
    declared = {command.name: commands.describe(command) for command in _program(program).commands}

    def comparable(table: dict[str, Any]) -> Any:
        normal = json.loads(json.dumps(table))
        for command in normal.values():
            command["options"].sort(key=lambda option: option["flags"])
        return normal

    assert comparable(declared) == comparable(recorded)
