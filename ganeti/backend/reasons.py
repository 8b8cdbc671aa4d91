"""The reason trail of the last change of state of each instance, kept for monitoring."""

import logging
import os
import time
from collections.abc import Sequence
from typing import Any

from ganeti import constants as c
from ganeti import pathutils, serializer
from ganeti.utils.files import remove_if_exists, write_atomic

_log = logging.getLogger(__name__)


def reason_path(instance_name: str) -> str:
    """Return the path of an instance's reason file."""
    return os.path.join(pathutils.INSTANCE_REASON_DIR, instance_name)


def store(instance_name: str, trail: Sequence[Sequence[Any]], action: str) -> None:
    """Write down why *action* (start, shutdown, reboot) was done; failures are logged only."""
    entries = [*trail, (f"{c.OPCODE_REASON_SRC_NODED}:{action}", "", time.time_ns())]
    try:
        os.makedirs(pathutils.INSTANCE_REASON_DIR, mode=0o755, exist_ok=True)
        write_atomic(reason_path(instance_name), serializer.dumps(entries), mode=0o644, fsync=False)
    except OSError as err:
        # Only monitoring reads it; the action itself must not fail.
        _log.warning("Cannot store the reason of %s of %s: %s", action, instance_name, err)


def forget(instance_name: str) -> None:
    """Remove the reason file of an instance that got another name."""
    try:
        remove_if_exists(reason_path(instance_name))
    except OSError as err:
        _log.warning("Cannot remove the reason file of %s: %s", instance_name, err)
