"""Declarations of command lines: options, arguments, sub-commands, programs.

One declaration feeds the parser, the manual pages, the shell completion and the interface dump.
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

#: How the text of an option is understood; see ganeti.cli.values.
ValueType = Literal[
    "string",
    "int",
    "float",
    "choice",
    "unit",
    "bool",
    "keyval",
    "keyprivateval",
    "identkeyval",
    "multilistidentkeyval",
    "list",
    "maybefloat",
    "json",
    "filteraction",
]
Action = Literal["store", "store_true", "store_false", "store_const", "append", "count", "help", "callback"]
#: Special handling of an option with the action "callback".
Callback = Literal["priority", "deprecated"]
#: What kind of name completes the value of an option.
Completion = Literal["one_iallocator", "one_node", "one_nodegroup", "one_os", "inst_add_nodes"]
ArgumentKind = Literal[
    "unknown",
    "instance",
    "node",
    "group",
    "network",
    "jobid",
    "file",
    "host",
    "choice",
    "os",
    "suggest",
    "command",
    "filter",
]

#: Kinds of objects with tags.
TagKind = Literal["cluster", "instance", "network", "node", "nodegroup"]


@dataclass(frozen=True, slots=True)
class Option:
    """One option; the default and the constant are never changed by the parser."""

    flags: tuple[str, ...]
    dest: str | None
    help: str
    action: Action = "store"
    type: ValueType = "string"
    default: Any = None
    const: Any = None
    choices: tuple[str, ...] = ()
    metavar: str | None = None
    completion: Completion | None = None
    callback: Callback | None = None

    @property
    def takes_value(self) -> bool:
        """True if a value follows the flag."""
        if self.callback is not None:
            return self.callback == "priority"
        return self.action in ("store", "append")

    @property
    def is_confidential(self) -> bool:
        """True if the value must not appear in logs."""
        return self.type == "keyprivateval"


@dataclass(frozen=True, slots=True)
class Argument:
    """Positional arguments of one kind; *maximum* None means any number."""

    kind: ArgumentKind
    name: str
    minimum: int = 1
    maximum: int | None = 1
    choices: tuple[str, ...] = ()

    @property
    def synopsis(self) -> str:
        """How the argument is written in a usage line."""
        word = "|".join(self.choices) if self.kind == "choice" else f"<{self.name}>"
        if self.minimum == 0:
            return f"[{word}]" if self.maximum == 1 else f"[{word}...]"
        return word if self.maximum == 1 else f"{word} [{word}...]"


@dataclass(frozen=True, slots=True)
class Command:
    """One sub-command; *handler* is ``module:function`` and imported when the sub-command is chosen."""

    name: str
    handler: str
    help: str
    arguments: tuple[Argument, ...] = ()
    options: tuple[Option, ...] = ()
    aliases: tuple[str, ...] = ()
    #: Fields of its table that are shown unless others are asked for.
    default_fields: tuple[str, ...] = ()
    #: Opcodes that it may submit; "*" stands for any.
    opcodes: tuple[str, ...] = ()

    @property
    def synopsis(self) -> str:
        """The positional arguments as written in a usage line."""
        return " ".join(argument.synopsis for argument in self.arguments)

    def declares(self, dest: str) -> bool:
        """True if one of its options stores its value as *dest*."""
        return any(option.dest == dest for option in self.options)


@dataclass(frozen=True)
class Program:
    """One gnt-* program."""

    name: str
    help: str
    commands: tuple[Command, ...]
    #: Sub-commands whose arguments may start in an environment variable like GNT_NODE_LIST.
    environment_defaults: tuple[str, ...] = field(default=())
    #: What add-tags and its like work on.
    tag_kind: TagKind | None = None

    @cached_property
    def by_name(self) -> dict[str, Command]:
        """Sub-commands by name and alias."""
        names = {command.name: command for command in self.commands}
        names.update({alias: command for command in self.commands for alias in command.aliases})
        return names

    def environment_variable(self, command: str) -> str | None:
        """Name of the environment variable with first arguments of the sub-command, None if it has none."""
        if command not in self.environment_defaults:
            return None
        return f"{self.name}_{command}".replace("-", "_").upper()
