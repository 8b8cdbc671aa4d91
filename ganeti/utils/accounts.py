"""The accounts that the daemons use."""

import grp
import os
import pwd
from collections.abc import Callable
from typing import Final, NamedTuple

from ganeti import buildcfg
from ganeti import constants as c
from ganeti.errors import OpPrereqError

_USER_ROLES: Final = ("masterd", "confd", "rapi", "noded", "mond")
_GROUP_ROLES: Final = ("masterd", "confd", "rapi", "noded", "mond", "daemons", "admin")


class Owner(NamedTuple):
    """User and group id of a file."""

    uid: int
    gid: int


def owner(user_role: str, group_role: str) -> Owner:
    """Return the ids of two roles, (-1, -1) if we may not give files away.

    Raises KeyError if an account does not exist (check_all was not run).
    """
    if os.geteuid() != 0:
        return Owner(-1, -1)
    user, group = buildcfg.user_of(user_role), buildcfg.group_of(group_role)
    return Owner(pwd.getpwnam(user).pw_uid, grp.getgrnam(group).gr_gid)


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
        raise OpPrereqError(f"{kind} {name} does not exist", c.ECODE_ENVIRON) from None
