"""What a sub-command gets to work with."""

import os
from argparse import Namespace
from dataclasses import dataclass
from functools import cached_property

from ganeti import constants as c
from ganeti import pathutils
from ganeti.cli.options import Command, Program
from ganeti.luxi.client import Client


@dataclass(frozen=True)
class Invocation:
    """One call of a sub-command: its declaration, parsed options and positional arguments."""

    program: Program
    command: Command
    options: Namespace
    arguments: tuple[str, ...]

    @property
    def fields(self) -> list[str]:
        """Fields that a table shall show: those asked for with ``-o``, where a leading + adds to the default ones."""
        default = list(self.command.default_fields)
        wanted: str | None = self.options.output
        if wanted is None:
            return default
        if wanted.startswith("+"):
            return default + wanted[1:].split(",")
        return wanted.split(",")

    @cached_property
    def client(self) -> Client:
        """The connection to the master daemon, opened at the first request."""
        return Client(socket_path())


def socket_path() -> str:
    """Return the socket of the master daemon, which the environment may redirect for tests and repairs."""
    override = os.environ.get(c.LUXI_OVERRIDE)
    named = {
        None: pathutils.QUERY_SOCKET,
        c.LUXI_OVERRIDE_QUERY: pathutils.QUERY_SOCKET,
        c.LUXI_OVERRIDE_MASTER: pathutils.MASTER_SOCKET,
    }
    return named.get(override) or str(override)
