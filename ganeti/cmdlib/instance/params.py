"""Parameters of instances, the pure part: backend, hypervisor and OS parameters as users give them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from ganeti import constants as c
from ganeti import hvparams
from ganeti.cmdlib.instance.items import enforce_types
from ganeti.errors import HypervisorError, OpPrereqError
from ganeti.objects import Cluster, Params
from ganeti.objects.fill import fill_be, fill_os, fill_os_private, hvparams_of
from ganeti.types import Private, Secret

ValueT = TypeVar("ValueT")


def updated(stored: Mapping[str, Any], given: Mapping[str, Any], *, none_removes: bool = False) -> Params:
    """Return stored parameters with changes laid over; the value ``default`` drops a key, None too if asked."""
    result = {**stored, **given}
    for key, value in given.items():
        plain = value.get() if isinstance(value, Private) else value
        if plain == c.VALUE_DEFAULT or (none_removes and plain is None):
            result.pop(key, None)
    return result


def expand_memory(be: Mapping[str, Any]) -> Params:
    """Return backend parameters with the old ``memory`` turned into minimum and maximum, where those are not given."""
    result = {key: value for key, value in be.items() if key != c.BE_MEMORY}
    if c.BE_MEMORY in be:
        result.setdefault(c.BE_MAXMEM, be[c.BE_MEMORY])
        result.setdefault(c.BE_MINMEM, be[c.BE_MEMORY])
    return result


def without_auto(given: Mapping[str, Any]) -> Params:
    """Return the parameters that are not left to the cluster by the value ``auto``."""
    return {key: value for key, value in given.items() if value != c.VALUE_AUTO}


def check_beparams(cluster: Cluster, own: Mapping[str, Any]) -> tuple[Params, Params]:
    """Return backend parameters of an instance (typed, filled); raises OpPrereqError (wrong_input)."""
    typed = enforce_types(own, c.BES_PARAMETER_TYPES)
    filled = fill_be(cluster, typed)
    if filled[c.BE_MINMEM] > filled[c.BE_MAXMEM]:
        raise OpPrereqError(
            f"Minimum memory ({filled[c.BE_MINMEM]} MiB) is above maximum memory ({filled[c.BE_MAXMEM]} MiB)",
            c.ECODE_INVAL,
        )
    if filled[c.BE_VCPUS] < 1:
        raise OpPrereqError(f"An instance needs at least one CPU, not {filled[c.BE_VCPUS]}", c.ECODE_INVAL)
    return typed, filled


def check_not_global(params: Mapping[str, Any], what: str = "hypervisor", level: str = "instance") -> None:
    """Refuse parameters that can only be set for the whole cluster; raises OpPrereqError (wrong_input)."""
    found = sorted(set(params) & set(c.HVC_GLOBALS))
    if found:
        raise OpPrereqError(
            f"The following {what} parameters are global and cannot be customized at {level} level, please modify"
            f" them at cluster level: {', '.join(found)}",
            c.ECODE_INVAL,
        )


def check_hvparams(
    cluster: Cluster, hypervisor: str, os: str, own: Mapping[str, Any], overrides: Mapping[str, Any] | None = None
) -> tuple[Params, Params]:
    """Return hypervisor parameters of an instance (typed, filled), checked as far as the master can.

    *overrides* are laid on top of the filled ones. Raises OpPrereqError (wrong_input).
    """
    typed = enforce_types(own, c.HVS_PARAMETER_TYPES)
    extra = enforce_types(overrides or {}, c.HVS_PARAMETER_TYPES)
    filled = {**hvparams_of(cluster, hypervisor, os, typed, skip_globals=False), **extra}
    try:
        hvparams.check_syntax(hypervisor, filled)
    except HypervisorError as err:
        raise OpPrereqError(str(err), c.ECODE_INVAL) from err
    return typed, filled


@dataclass(frozen=True)
class OsParams:
    """OS parameters in force by visibility."""

    public: Params
    private: dict[str, Private[Any]]
    secret: dict[str, Secret[Any]]

    def merged(self) -> Params:
        """Return all of them with values in clear, for calls to nodes only."""
        return {**self.public, **plain(self.private), **plain(self.secret)}


def plain(values: Mapping[str, Private[ValueT]] | None) -> dict[str, ValueT]:
    """Return confidential values in clear."""
    return {key: value.get() for key, value in (values or {}).items()}


def fill_os_params(
    cluster: Cluster,
    os: str,
    public: Mapping[str, Any],
    private: Mapping[str, Private[Any]],
    secret: Mapping[str, Secret[Any]],
) -> OsParams:
    """Return OS parameters in force; raises OpPrereqError if a key has two visibilities."""
    result = OsParams(fill_os(cluster, os, public), fill_os_private(cluster, os, private), dict(secret))
    keys = [*result.public, *result.private, *result.secret]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise OpPrereqError(f"OS parameters given with more than one visibility: {', '.join(twice)}", c.ECODE_INVAL)
    return result


#: Name of the OS parameter that holds the location of an image.
OS_IMAGE_PARAM = "os-image"


def drop_defaults(given: Mapping[str, Any], defaults: Mapping[str, Any]) -> Params:
    """Return the parameters that differ from the defaults."""
    return {key: value for key, value in given.items() if key not in defaults or defaults[key] != value}
