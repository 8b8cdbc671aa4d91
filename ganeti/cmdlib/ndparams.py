"""Node parameters as they are given for nodes, node groups and the cluster."""

from collections.abc import Mapping
from typing import Any

from ganeti import constants as c
from ganeti.cmdlib.instance.items import enforce_types
from ganeti.errors import OpPrereqError
from ganeti.objects import ndparams


def checked(given: Mapping[str, Any], *allowed: Any) -> dict[str, Any]:
    """Return node parameters as their types; the *allowed* words stand for any value.

    Raises OpPrereqError (wrong_input).
    """
    typed = enforce_types(given, c.NDS_PARAMETER_TYPES, *allowed)
    for problem in ndparams.problems(typed):
        raise OpPrereqError(f"Node parameter {problem}", c.ECODE_INVAL)
    return typed
