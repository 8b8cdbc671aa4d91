"""Checks of hypervisor parameters that look at the node: files and directories that parameters name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ganeti import errors
from ganeti.hvparams import is_unset, parameters
from ganeti.hvparams.checks import NodeCheck, is_url


def validate_against_node(hypervisor: str, hvparams: Mapping[str, Any]) -> None:
    """Do the node checks of the parameter table.

    Raises:
      HypervisorError: the first file or directory that is missing.
    """
    for param in parameters(hypervisor).values():
        value = hvparams.get(param.name)
        if param.check is None or param.check.node is None or is_unset(value):
            continue
        if not _exists(param.check.node, str(value)):
            raise errors.HypervisorError(
                f"Parameter '{param.name}' of hypervisor {hypervisor}: '{value}' is not a {param.check.node.value}"
            )


def _exists(check: NodeCheck, value: str) -> bool:
    if check is NodeCheck.DIRECTORY:
        return Path(value).is_dir()
    if check is NodeCheck.FILE_OR_URL and is_url(value):
        return True
    return Path(value).is_file()
