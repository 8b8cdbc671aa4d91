"""users-setup: create the users and groups that the daemons of this installation run as."""

import argparse
import grp
import os
import pwd
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ganeti import pathutils
from ganeti.tools.account_names import Accounts, accounts, installed
from ganeti.tools.common import ToolError, run_tool
from ganeti.utils.argument_parser import ProgramParser
from ganeti.utils.process import run_cmd

_TIMEOUT_S: Final = 60.0
#: Nobody logs in as one of them.
_SHELLS: Final = ("/usr/sbin/nologin", "/sbin/nologin", "/bin/false")


@dataclass(frozen=True)
class _Existing:
    """Accounts that the machine has already.

    Attributes:
      groups: the names of all groups.
      users: the names of all users.
      memberships: pairs of user and group, also for the own group of a user.
    """

    groups: frozenset[str]
    users: frozenset[str]
    memberships: frozenset[tuple[str, str]]


def missing(wanted: Accounts, existing: _Existing) -> Accounts:
    """Return what is *wanted* and does not exist."""
    return Accounts(
        tuple(name for name in wanted.groups if name not in existing.groups),
        tuple((name, group) for name, group in wanted.users if name not in existing.users),
        tuple(pair for pair in wanted.memberships if pair not in existing.memberships),
    )


def description(plan: Accounts) -> list[str]:
    """Return the lines that tell what will be created."""
    lines = [f"group {name}" for name in plan.groups]
    lines += [f"user {name} of group {group}" for name, group in plan.users]
    return lines + [f"membership of user {user} in group {group}" for user, group in plan.memberships]


def commands(plan: Accounts, *, home: str, shell: str) -> list[list[str]]:
    """Return the commands that create everything, in their order."""
    found = [["groupadd", "--system", name] for name in plan.groups]
    for name, group in plan.users:
        place = ["--home-dir", home, "--no-create-home", "--shell", shell]
        found.append(["useradd", "--system", "--gid", group, *place, name])
    return found + [["usermod", "--append", "--groups", group, user] for user, group in plan.memberships]


def _look_up(wanted: Accounts) -> _Existing:
    """Find what exists, wherever the machine has its accounts from (one by one: directories are not listed)."""
    groups: set[str] = set()
    users: set[str] = set()
    memberships: set[tuple[str, str]] = set()
    for name in {*wanted.groups, *(group for _, group in wanted.users)}:
        try:
            grp.getgrnam(name)
        except KeyError:
            continue
        groups.add(name)
    for name, _ in wanted.users:
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        users.add(name)
        gids = set(os.getgrouplist(name, user.pw_gid))
        memberships.update((name, group) for group in groups if grp.getgrnam(group).gr_gid in gids)
    return _Existing(frozenset(groups), frozenset(users), frozenset(memberships))


def _is_confirmed() -> bool:
    print("OK? (y/n) ", end="", flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def set_up(*, is_confirmed: bool) -> int:
    """Create what is missing after the administrator has agreed; return the exit code.

    Raises ToolError if a program fails; what was created before stays.
    """
    wanted = accounts(installed())
    if not wanted.groups and not wanted.users:
        print("This installation runs all daemons as root: there is nothing to create.")
        return 0
    plan = missing(wanted, _look_up(wanted))
    lines = description(plan)
    if not lines:
        print("All users, groups and memberships exist.")
        return 0
    print("The following will be created:", *(f"  {line}" for line in lines), sep="\n")
    if not is_confirmed and not _is_confirmed():
        print("Nothing was changed.", file=sys.stderr)
        return 1
    if os.getuid() != 0:
        raise ToolError("this must run as root")
    shell = next(filter(os.path.exists, _SHELLS), _SHELLS[-1])
    for command in commands(plan, home=pathutils.DATA_DIR, shell=shell):
        result = run_cmd(command, timeout_s=_TIMEOUT_S)
        if result.failed:
            raise ToolError(f"{' '.join(command)}: {result.fail_reason}\n{result.output.strip()}")
    return 0


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = ProgramParser(prog="users-setup", description=__doc__)
    parser.add_argument("--yes-do-it", action="store_true", help="do not ask")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program."""
    options = build_parser().parse_args(argv)
    return run_tool("users-setup", lambda: set_up(is_confirmed=options.yes_do_it))
