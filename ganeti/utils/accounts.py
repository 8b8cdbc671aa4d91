"""The accounts that the daemons use."""

import grp
import os
import pwd
from collections.abc import Callable
from typing import Final, NamedTuple

from ganeti import buildcfg, pathutils
from ganeti import constants as c
from ganeti.errors import OpPrereqError

_USER_ROLES: Final = ("masterd", "confd", "rapi", "noded", "mond")
_GROUP_ROLES: Final = ("masterd", "confd", "rapi", "noded", "mond", "daemons", "admin")


class Owner(NamedTuple):
    """User and group id of a file; -1 stays as it is."""

    uid: int
    gid: int


def owner(user_role: str, group_role: str) -> Owner:
    """Return the ids of two roles as far as this process may give files to them, -1 where it may not.

    Daemons that are not root make files that are their own anyway, and may give them to the groups they are in.
    Raises KeyError if an account does not exist (check_all was not run).
    """
    uid = pwd.getpwnam(buildcfg.user_of(user_role)).pw_uid
    gid = grp.getgrnam(buildcfg.group_of(group_role)).gr_gid
    if os.geteuid() == 0:
        return Owner(uid, gid)
    return Owner(-1, gid if gid in {os.getegid(), *os.getgroups()} else -1)


def admin_gid() -> int | None:
    """Return the group of the people who may use the sockets of the master daemon, None if that is root's alone.

    Raises KeyError if it does not exist.
    """
    name = buildcfg.group_of("admin")
    return None if name in ("root", buildcfg.group_of("daemons")) else grp.getgrnam(name).gr_gid


def check_all() -> None:
    """Check that all accounts exist; raises OpPrereqError (environment_error)."""
    for role in _USER_ROLES:
        _check("User", buildcfg.user_of(role), pwd.getpwnam)
    for role in _GROUP_ROLES:
        _check("Group", buildcfg.group_of(role), grp.getgrnam)


def _check(kind: str, name: str, look_up: Callable[[str], object]) -> None:
    try:
        look_up(name)
    except KeyError:
        hint = f"run {pathutils.TOOLSDIR}/users-setup"
        raise OpPrereqError(f"{kind} {name} does not exist, {hint}", c.ECODE_ENVIRON) from None
