"""Dump of the command line: programs, sub-commands, options; daemons and tools."""

import argparse
import importlib
import inspect
import os
import typing
from typing import Any, Final

from ganeti import buildcfg
from ganeti import constants as c
from ganeti.cli.options import Argument, Command, Option, Program
from ganeti.server import launch
from ganeti.tools import daemon_util

_TYPE_NAMES: Final[dict[Any, str]] = {None: "string", int: "int", float: "float", str: "string"}
_ARGPARSE_ACTIONS: Final = {
    "_StoreAction": "store",
    "_StoreTrueAction": "store_true",
    "_StoreFalseAction": "store_false",
    "_StoreConstAction": "store_const",
    "_AppendAction": "append",
    "_CountAction": "count",
    "_HelpAction": "help",
    "_VersionAction": "version",
    "HelpCompletion": "help",
}


def _option(option: Option) -> dict[str, Any]:
    result: dict[str, Any] = {"flags": list(option.flags), "dest": option.dest, "action": option.action}
    if option.takes_value:
        result["type"] = option.type
    result["default"] = option.default
    if option.const is not None:
        result["const"] = option.const
    if option.choices:
        result["choices"] = list(option.choices)
    if option.metavar:
        result["metavar"] = option.metavar
    if option.completion:
        result["completion"] = option.completion
    if option.callback:
        result["callback"] = True
    return result


def _argument(argument: Argument) -> dict[str, Any]:
    result: dict[str, Any] = {
        "kind": argument.kind,
        "min": argument.minimum,
        "max": argument.maximum,
        "name": argument.name,
    }
    if argument.choices:
        result["choices"] = list(argument.choices)
    return result


def _is_there(command: Command) -> bool:
    """Tell whether a sub-command's function exists."""
    module_name, _, function = command.handler.partition(":")
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError:
        return False
    return hasattr(module, function)


def describe(command: Command) -> dict[str, Any]:
    """Return everything that can be typed after a sub-command."""
    result: dict[str, Any] = {
        "args": [_argument(argument) for argument in command.arguments],
        "synopsis": command.synopsis,
        "options": [_option(option) for option in command.options],
        "opcodes": list(command.opcodes),
    }
    if command.aliases:
        result["aliases"] = list(command.aliases)
    if command.default_fields:
        result["default_fields"] = list(command.default_fields)
    return result


def _programs() -> dict[str, Any]:
    result: dict[str, Any] = {}
    for name in sorted(c.GNT_SCRIPTS):
        if not os.path.exists(f"{buildcfg.SBINDIR}/{name}"):
            continue
        program: Program = importlib.import_module(f"ganeti.client.{name.replace('-', '_')}").PROGRAM
        commands = {command.name: describe(command) for command in program.commands if _is_there(command)}
        result[name] = {"subcommands": dict(sorted(commands.items()))}
    return result


def _value_type(action: argparse.Action) -> str:
    """Return the type of an option's value; that of a function which checks it is the type it returns."""
    if action.choices:
        return "choice"
    kind = action.type
    if kind is not None and not isinstance(kind, type) and callable(kind):
        kind = typing.get_type_hints(kind).get("return")
    return _TYPE_NAMES.get(kind, "string")


def parser_options(parser: argparse.ArgumentParser) -> dict[str, Any]:
    """Return options and positional arguments of an argparse parser in the form of the option tables."""
    options, positional = [], []
    for action in parser._actions:
        kind = _ARGPARSE_ACTIONS[type(action).__name__]
        if kind in ("help", "version"):
            continue
        if not action.option_strings:
            many = "..." if action.nargs in ("*", "+") else ""
            positional.append(f"{action.metavar or action.dest}{many}")
            continue
        option: dict[str, Any] = {"flags": list(action.option_strings), "dest": action.dest, "action": kind}
        if kind in ("store", "append"):
            option["type"] = _value_type(action)
        option["default"] = action.default
        if action.choices:
            option["choices"] = sorted(action.choices)
        if action.metavar:
            option["metavar"] = action.metavar
        options.append(option)
    return {"options": options, "positional": positional}


def _daemons() -> dict[str, Any]:
    result: dict[str, Any] = {}
    for name in sorted(c.DAEMONS):
        if not os.path.exists(f"{buildcfg.SBINDIR}/{name}"):
            continue
        module = importlib.import_module(f"ganeti.server.{name.removeprefix('ganeti-')}")
        for _, cls in inspect.getmembers(module, inspect.isclass):
            if issubclass(cls, launch.Daemon) and getattr(cls, "NAME", None) == name:
                result[name] = parser_options(launch.build_parser(cls()))
    return result


#: Programs of the source tree itself.
_NOT_TOOLS: Final = frozenset({"launch", "demo", "dump-interface"})


def _tool(name: str) -> dict[str, Any]:
    """Return the options of a tool, none for one that reads its input otherwise."""
    try:
        module = importlib.import_module(f"ganeti.tools.{name.replace('-', '_')}")
    except ModuleNotFoundError:
        # A shell script.
        return {"options": [], "positional": []}
    make_parser = getattr(module, "build_parser", None)
    if make_parser is not None:
        return parser_options(make_parser())
    return {"options": [], "positional": list(getattr(module, "POSITIONAL", ()))}


def _tools() -> dict[str, Any]:
    """Return all tools, whether they are on PATH, in the package library directory or in its tools."""
    names = {name for directory in {buildcfg.PKGLIBDIR, buildcfg.TOOLSDIR} for name in os.listdir(directory)}
    tools = {name: _tool(name) for name in sorted(names - _NOT_TOOLS) if not name.endswith(".sh")}
    tools["ganeti-cleaner"] = _tool("cleaner")
    tools["daemon-util"] = {
        "options": [],
        "positional": ["action", "argument..."],
        "actions": sorted(daemon_util.VERBS),
    }
    return tools


def command_line() -> dict[str, Any]:
    """Return everything that can be typed."""
    programs, daemons, tools = _programs(), _daemons(), _tools()
    return {
        "version": c.RELEASE_VERSION,
        "counts": {
            "programs": len(programs),
            "subcommands": sum(len(program["subcommands"]) for program in programs.values()),
            "daemons": len(daemons),
            "tools": len(tools),
        },
        "programs": programs,
        "daemons": daemons,
        "tools": tools,
    }
