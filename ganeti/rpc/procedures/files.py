"""Procedures that write and look at files of the cluster on a node."""

# mypy: disable-error-code="empty-body"

from typing import Any, TypeAlias

from ganeti.rpc.declaration import Client, Timeout, procedure

#: (encoding, data): 0 = text as it is, 1 = base64 of a zlib stream; see ``rpc.uploads``.
Compressed: TypeAlias = tuple[int, str]
#: (path in virtual form, content, mode, user name, group name, access time, modification time)
FileDetails: TypeAlias = tuple[str, Compressed, int | None, str, str, float, float]


@procedure(client=Client.CONFIG, multi=True)
def upload_file(file_name: FileDetails, /) -> None:
    """Write a file of the cluster; see ``rpc.uploads.file_details``."""


@procedure(client=Client.CONFIG, multi=True)
def upload_file_single(
    file_name: str, content: Compressed, mode: int | None, uid: str, gid: str, atime: float, mtime: float, /
) -> None:
    """Write a file of the cluster; owner and group are names."""


@procedure(client=Client.CONFIG, multi=True)
def write_ssconf_files(values: dict[str, str], /) -> None:
    """Write ssconf values."""


@procedure(timeout=Timeout.FAST)
def get_file_info(file_path: str, /) -> tuple[bool, dict[str, Any]]:
    """Tell whether a file exists, and its ``size`` in bytes."""


@procedure(timeout=Timeout.URGENT, multi=True)
def set_watcher_pause(until: float | None, /) -> None:
    """Pause the watcher of this node until a Unix time, or end the pause."""


@procedure(timeout=Timeout.URGENT)
def get_watcher_pause() -> float | None:
    """Return the Unix time until which the watcher pauses, None if it does not."""
