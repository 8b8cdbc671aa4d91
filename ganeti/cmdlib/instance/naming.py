"""Names of instances: their syntax, and what the resolver says about them."""

import re
from typing import Final, NamedTuple

from ganeti import constants as c
from ganeti.config.index import Index
from ganeti.errors import OpPrereqError, ResolverError
from ganeti.mcpu.lulog import LuLog
from ganeti.objects.lookup import match_name
from ganeti.utils import net

_NAME_RE: Final = re.compile(r"^[a-z0-9._-]{1,255}$")
_PING_TIMEOUT_S: Final = 10.0


class ResolvedName(NamedTuple):
    """A name, and the address it has if the resolver was asked."""

    name: str
    ip: str | None


def normalise_name(name: str) -> str:
    """Return an instance name in lower case; raises OpPrereqError (wrong_input)."""
    lower = name.lower()
    if not _NAME_RE.fullmatch(lower) or ".." in lower or lower.startswith(".") or lower.endswith("."):
        raise OpPrereqError(f"Invalid instance name '{name}'", c.ECODE_INVAL)
    return lower


def check_resolvable(log: LuLog, name: str) -> ResolvedName:
    """Return the full name that the resolver gives to *name*, which must be that name or its beginning.

    Raises OpPrereqError.
    """
    try:
        full, ip = net.fqdn(name)
    except ResolverError as err:
        raise OpPrereqError(f"The given name ({name}) does not resolve: {err.args[-1]}", c.ECODE_RESOLVER) from err
    full = full.lower()
    if full != name:
        log.info(f"Resolved given name '{name}' to '{full}'")
    if match_name(name, [full]) is None:
        raise OpPrereqError(
            f"Resolved hostname '{full}' does not look the same as given hostname '{name}'", c.ECODE_INVAL
        )
    return ResolvedName(full, ip)


def check_ip_unused(ip: str) -> None:
    """Check that no machine has the address of a new instance; raises OpPrereqError (resource_not_unique)."""
    port = c.DAEMONS_PORTS[c.NODED][1]
    if net.tcp_ping(ip, port, timeout_s=_PING_TIMEOUT_S, live=False):
        raise OpPrereqError(f"IP {ip} of the instance is already in use", c.ECODE_NOTUNIQUE)


def check_name_free(index: Index, name: str) -> None:
    """Check that no instance has exactly this name; raises OpPrereqError (already_exists)."""
    if name in index.instances:
        raise OpPrereqError(f"Instance '{name}' is already in the cluster", c.ECODE_EXISTS)
