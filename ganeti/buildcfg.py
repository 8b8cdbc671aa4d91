"""Choices made when the program was installed; values of the source tree when it was not."""

import os
from importlib import import_module
from typing import Any, Final

_SOURCE_TREE: Final = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def _installed() -> dict[str, Any]:
    """Return what ``make install`` wrote down, empty in a source tree."""
    try:
        return vars(import_module("ganeti._installed"))
    except ModuleNotFoundError:
        return {}


_CHOICES: Final = _installed()

#: Name of the revision that was installed.
VCS_VERSION: Final[str] = _CHOICES.get("VCS_VERSION", "source-tree")
LOCALSTATEDIR: Final[str] = _CHOICES.get("LOCALSTATEDIR", "/var")
SYSCONFDIR: Final[str] = _CHOICES.get("SYSCONFDIR", "/etc")
#: Whether ``make install`` has put this copy into the directories of its version.
IS_INSTALLED: Final = bool(_CHOICES)
#: Programs that are not on PATH: daemon-util, ensure-dirs...
PKGLIBDIR: Final[str] = _CHOICES.get("PKGLIBDIR", f"{_SOURCE_TREE}/tools")
#: Programs for administrators and the daemons that are not on PATH: vcluster-setup, master-ip-setup...
TOOLSDIR: Final[str] = _CHOICES.get("TOOLSDIR", PKGLIBDIR)
SHAREDIR: Final[str] = _CHOICES.get("SHAREDIR", _SOURCE_TREE)
#: Directory of the daemons and the gnt-* programs of this version.
SBINDIR: Final[str] = _CHOICES.get("SBINDIR", f"{_SOURCE_TREE}/daemons")

#: What holds PKGLIBDIR of every installed version, each named after it, and what all versions share.
LIBROOT: Final[str] = _CHOICES.get("LIBROOT", PKGLIBDIR)
#: The same for SHAREDIR.
SHAREROOT: Final[str] = _CHOICES.get("SHAREROOT", SHAREDIR)

OS_SEARCH_PATH: Final[tuple[str, ...]] = _CHOICES.get(
    "OS_SEARCH_PATH", ("/srv/ganeti/os", "/usr/local/lib/ganeti/os", f"{LIBROOT}/os", f"{SHAREROOT}/os")
)
ES_SEARCH_PATH: Final[tuple[str, ...]] = _CHOICES.get(
    "ES_SEARCH_PATH",
    (
        "/srv/ganeti/extstorage",
        "/usr/local/lib/ganeti/extstorage",
        f"{LIBROOT}/extstorage",
        f"{SHAREROOT}/extstorage",
    ),
)
IALLOCATOR_SEARCH_PATH: Final[tuple[str, ...]] = _CHOICES.get(
    "IALLOCATOR_SEARCH_PATH", ("/usr/local/lib/ganeti/iallocators", f"{LIBROOT}/iallocators")
)

#: What makes the ssh daemon read its host keys anew.
SSHD_RESTART_COMMAND: Final[tuple[str, ...]] = _CHOICES.get("SSHD_RESTART_COMMAND", ("service", "ssh", "restart"))

#: Whether nodes run the programs in /etc/ganeti/restricted-commands when the master demands that.
ENABLE_RESTRICTED_COMMANDS: Final[bool] = _CHOICES.get("ENABLE_RESTRICTED_COMMANDS", False)

#: User and group of each role; root everywhere unless the installation chose others.
USERS: Final[dict[str, str]] = _CHOICES.get("USERS", {})
GROUPS: Final[dict[str, str]] = _CHOICES.get("GROUPS", {})


def user_of(role: str) -> str:
    """Return the account name of *role* (masterd, noded, rapi, confd, mond, metad)."""
    return USERS.get(role, "root")


def group_of(role: str) -> str:
    """Return the group name of *role* (as user_of, and daemons, admin)."""
    return GROUPS.get(role, "root")
