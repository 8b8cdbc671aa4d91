"""gnt-os modify: what the cluster has configured for an OS definition."""

import sys

from ganeti import constants as c
from ganeti import opcodes
from ganeti.cli import submit
from ganeti.cli.invocation import Invocation
from ganeti.client.cluster.parameters import os_hypervisors_parameters
from ganeti.opcodes.types import DdmSimple


def _list_change(wanted: bool | None, name: str) -> list[tuple[DdmSimple, str]] | None:
    """Return the change of a list of OS names: add, remove or none."""
    if wanted is None:
        return None
    return [("add" if wanted else "remove", name)]


def run(call: Invocation) -> int:
    """Change the parameters and the visibility of an OS definition."""
    options = call.options
    name = call.arguments[0]
    hvparams = os_hypervisors_parameters(options.hvparams)
    is_changed = hvparams or options.osparams or options.osparams_private
    if not is_changed and options.hidden is None and options.blacklisted is None:
        sys.stderr.write("At least one of the parameters must be given\n")
        return c.EXIT_FAILURE
    op = opcodes.OpClusterSetParams(
        os_hvp={name: hvparams} if hvparams else None,
        osparams={name: options.osparams} if options.osparams else None,
        osparams_private_cluster={name: options.osparams_private} if options.osparams_private else None,
        hidden_os=_list_change(options.hidden, name),
        blacklisted_os=_list_change(options.blacklisted, name),
    )
    submit.submit_or_run(call, op)
    return c.EXIT_SUCCESS
