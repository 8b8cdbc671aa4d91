"""Messages of logical units: the same line in the job's log and in the daemon's."""

import logging

from ganeti.mcpu.lu import Feedback

_LOG = logging.getLogger(__name__)


class LuLog:
    """Writes informational lines, warnings and steps of one opcode."""

    def __init__(self, feedback: Feedback) -> None:
        """Write to *feedback*."""
        self._feedback = feedback

    def info(self, text: str) -> None:
        """Tell something worth knowing."""
        _LOG.info("%s", text)
        self._feedback(f" - INFO: {text}")

    def warning(self, text: str, hint: str | None = None) -> None:
        """Warn; *hint* says what the admin can do."""
        _LOG.warning("%s%s", text, f" ({hint})" if hint else "")
        self._feedback(f" - WARNING: {text}")
        if hint:
            self._feedback(f"      Hint: {hint}")

    def step(self, number: int, total: int, text: str) -> None:
        """Announce step *number* of *total*."""
        _LOG.debug("Step %d/%d %s", number, total, text)
        self._feedback(f"STEP {number}/{total} {text}")
