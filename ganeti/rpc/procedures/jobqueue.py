"""Procedures that keep copies of the job queue on master candidates; paths are in virtual form."""

# mypy: disable-error-code="empty-body"

from ganeti.rpc.declaration import Client, Timeout, procedure
from ganeti.rpc.procedures.files import Compressed


@procedure(timeout=Timeout.URGENT, client=Client.JOB_QUEUE, multi=True)
def jobqueue_update(file_name: str, content: Compressed, /) -> None:
    """Write a file of the queue."""


@procedure(timeout=Timeout.URGENT, client=Client.JOB_QUEUE, multi=True)
def jobqueue_update_many(files: list[tuple[str, Compressed]], /) -> None:
    """Write files of the queue, in the given order."""


@procedure(client=Client.JOB_QUEUE)
def jobqueue_purge() -> None:
    """Remove all jobs of the queue and its archive."""


@procedure(timeout=Timeout.URGENT, client=Client.JOB_QUEUE, multi=True, repeatable=False)
def jobqueue_rename(rename: list[tuple[str, str]], /) -> list[None]:
    """Rename files of the queue, into directories that are made if missing."""


@procedure(timeout=Timeout.URGENT, client=Client.JOB_QUEUE, multi=True)
def jobqueue_set_drain_flag(flag: bool, /) -> None:
    """Set or remove the mark that the queue takes no new jobs."""
