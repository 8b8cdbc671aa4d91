"""Moving progress on a terminal while nothing else is to be told about a job."""

from typing import Any, Final

from rich.console import Console
from rich.status import Status

from ganeti import constants as c
from ganeti.cli.submit import LineReporter

#: After this time without news the user wants to see that something goes on.
_FIRST_WAIT_S: Final = 1.0
_TEXTS: Final = {
    c.JOB_STATUS_QUEUED: "is waiting in queue",
    c.JOB_STATUS_WAITING: "is waiting for locks",
    c.JOB_STATUS_RUNNING: "is running",
    c.JOB_STATUS_CANCELING: "is being canceled",
}


class ProgressReporter(LineReporter):
    """Prints log entries, with a spinner between them that tells the state of the job."""

    def __init__(self) -> None:
        super().__init__()
        self._status: Status | None = None

    def patience_s(self) -> float:
        """Be asked soon for the first time; the spinner moves by itself."""
        return _FIRST_WAIT_S if self._status is None else super().patience_s()

    def log_entry(self, seconds: float, kind: str, message: Any) -> None:
        """Print the entry in place of the spinner."""
        self.close()
        super().log_entry(seconds, kind, message)

    def unchanged(self, job_id: int, status: str | None) -> None:
        """Show the state of the job."""
        text = f"Job {job_id} {_TEXTS.get(status or '', 'goes on')}"
        if self._status is None:
            self._status = Status(text, console=Console(stderr=True))
            self._status.start()
        else:
            self._status.update(text)

    def close(self) -> None:
        """Wipe the spinner off the screen."""
        if self._status is not None:
            self._status.stop()
            self._status = None
