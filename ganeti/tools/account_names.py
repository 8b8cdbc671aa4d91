"""Which users and groups an installation has: their names, chosen when it is made, and who belongs to which group."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from ganeti import buildcfg

_ROOT: Final = "root"
#: Roles of daemons that need no rights of root. The node daemon and the monitoring daemon run as root.
_OWN_ACCOUNT: Final = ("masterd", "rapi", "confd", "metad")
_OWN_GROUP: Final = (*_OWN_ACCOUNT, "daemons", "admin")
USER_ROLES: Final = (*_OWN_ACCOUNT, "noded", "mond")
GROUP_ROLES: Final = (*_OWN_GROUP, "noded", "mond")

#: Role of a user, and of a group that it belongs to besides its own.
_MEMBERSHIPS: Final = (
    ("masterd", "daemons"),
    ("confd", "daemons"),
    ("rapi", "daemons"),
    ("mond", "daemons"),
    ("metad", "daemons"),
    ("masterd", "admin"),
    ("rapi", "admin"),
    ("masterd", "confd"),
    ("mond", "masterd"),
)

#: What useradd and groupadd accept; the longest role is appended to it, and names have at most 32 characters.
_PREFIX: Final = re.compile(r"[a-z_][a-z0-9_-]{0,23}")


@dataclass(frozen=True)
class Names:
    """Names by role; what is absent is root."""

    users: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)

    def user(self, role: str) -> str:
        """Return the name of a user."""
        return self.users.get(role, _ROOT)

    def group(self, role: str) -> str:
        """Return the name of a group."""
        return self.groups.get(role, _ROOT)


@dataclass(frozen=True)
class Accounts:
    """The accounts that must exist, without root.

    Attributes:
      groups: their names.
      users: name and group of each user.
      memberships: names of a user and of one more group that it belongs to.
    """

    groups: tuple[str, ...]
    users: tuple[tuple[str, str], ...]
    memberships: tuple[tuple[str, str], ...]


def with_prefixes(user_prefix: str, group_prefix: str) -> Names:
    """Return the names of an installation; everything is root's where a prefix is empty.

    Raises ValueError for a prefix that cannot begin the name of an account.
    """
    for prefix in (user_prefix, group_prefix):
        if prefix and not _PREFIX.fullmatch(prefix):
            raise ValueError(
                f"'{prefix}' cannot begin the names of users and groups: it must consist of at most 24 of a-z, 0-9, _"
                " and -, the first a letter or _"
            )
    users = {role: f"{user_prefix}{role}" for role in _OWN_ACCOUNT} if user_prefix else {}
    groups = {role: f"{group_prefix}{role}" for role in _OWN_GROUP} if group_prefix else {}
    return Names(users, groups)


def installed() -> Names:
    """Return the names of this installation."""
    return Names(buildcfg.USERS, buildcfg.GROUPS)


def _without_root(names: Mapping[str, str], roles: tuple[str, ...]) -> dict[str, str]:
    """Return the first role of each name, in the order of *roles*."""
    found: dict[str, str] = {}
    for role in roles:
        name = names.get(role, _ROOT)
        if name != _ROOT:
            found.setdefault(name, role)
    return found


def accounts(names: Names) -> Accounts:
    """Return the accounts that go with *names*; several roles may have the same."""
    groups = _without_root(names.groups, GROUP_ROLES)
    users = {name: names.group(role) for name, role in _without_root(names.users, USER_ROLES).items()}
    memberships = dict.fromkeys(
        (user, group)
        for user, group in ((names.user(user_role), names.group(group_role)) for user_role, group_role in _MEMBERSHIPS)
        if _ROOT not in (user, group) and users[user] != group
    )
    return Accounts(tuple(groups), tuple(users.items()), tuple(memberships))
