"""The certificates that calls are made with, read again when their files change."""

import logging
import os
import threading

from ganeti import pathutils
from ganeti.http.client import TlsIdentity
from ganeti.utils.stamp import FileStamp, file_stamp

_LOG = logging.getLogger(__name__)


def _snapshot(path: str) -> str:
    """Return a path under which the present content of a file stays available to this process.

    The path is never used for another content, because the descriptor behind it is never closed: certificates change
    so rarely that this costs nothing.
    """
    with open(path, "rb") as file:
        content = file.read()
    fd = os.memfd_create(os.path.basename(path), os.MFD_CLOEXEC)
    os.write(fd, content)
    return f"/proc/self/fd/{fd}"


class NodeIdentity:
    """Who a node is for other nodes: its client certificate, or that of the cluster while it has none of its own."""

    def __init__(
        self, client_pem: str = pathutils.NODED_CLIENT_CERT_FILE, server_pem: str = pathutils.NODED_CERT_FILE
    ) -> None:
        self._client_pem = client_pem
        self._server_pem = server_pem
        self._mutex = threading.Lock()
        self._stamps: tuple[FileStamp, FileStamp] | None = None
        self._current: TlsIdentity | None = None

    def current(self) -> TlsIdentity:
        """Return the certificates as they are now. Raises OSError if the cluster certificate cannot be read."""
        stamps = (file_stamp(self._client_pem), file_stamp(self._server_pem))
        with self._mutex:
            if self._current is None or stamps != self._stamps:
                self._current = self._load(has_own=stamps[0] is not None)
                self._stamps = stamps
            return self._current

    def _load(self, *, has_own: bool) -> TlsIdentity:
        ca = _snapshot(self._server_pem)
        if has_own:
            return TlsIdentity(certificate=_snapshot(self._client_pem), ca=ca)
        _LOG.warning("There is no client certificate %s, using the one of the cluster", self._client_pem)
        return TlsIdentity(certificate=ca, ca=ca)
