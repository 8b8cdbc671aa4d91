"""Replacing ``config.data`` on disk: atomic, and never over a file that somebody else wrote."""

import errno
import fcntl
import os
import time
from typing import Final

from ganeti import errors, pathutils
from ganeti.config.history import History
from ganeti.config.load import FileIdentity, identity_of
from ganeti.utils.accounts import Owner, owner
from ganeti.utils.files import write_atomic

_MODE: Final = 0o640


class ForeignFileError(errors.ConfigurationError):
    """The file is not the one that was read or written last: another master has taken over."""


def file_owner() -> Owner:
    """Return the owner of the file: the master daemon writes it, confd reads it.

    Raises ConfigurationError if the accounts do not exist.
    """
    try:
        return owner("masterd", "confd")
    except KeyError as err:
        raise errors.ConfigurationError(f"Account of the configuration file is missing: {err}") from None


class ConfigFile:
    """The file of one opener; remembers which version of it is ours."""

    def __init__(self, identity: FileIdentity, path: str | None = None) -> None:
        """*identity* is that of the file as it was read."""
        self._identity = identity
        self.path = path or pathutils.CLUSTER_CONF_FILE
        self._history = History(f"{os.path.dirname(self.path)}/{os.path.basename(pathutils.CONFIG_HISTORY_DIR)}")
        self._uid, self._gid = file_owner()

    @property
    def identity(self) -> FileIdentity:
        """The identity of the version that was read or written last."""
        return self._identity

    def replace(self, content: bytes) -> None:
        """Write a new version durably, holding the lock of the file meanwhile; the old one goes into the history.

        Raises ForeignFileError if the file was replaced or removed by someone else, and ConfigurationError if it
        cannot be written; the old file is untouched in both cases.
        """
        try:
            # The lock is on the file itself: whoever uploads a configuration to this node takes it too.
            fd = os.open(self.path, os.O_RDWR | os.O_CLOEXEC)
        except OSError as err:
            if err.errno == errno.ENOENT:
                raise ForeignFileError(f"{self.path} was removed since the last write") from None
            raise errors.ConfigurationError(f"Can't open {self.path}: {err.strerror}") from err
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)
            self._check_identity()
            self._history.keep(self.path, time.time())
            self._write(content)
        except OSError as err:
            raise errors.ConfigurationError(f"Can't write {self.path}: {err.strerror}") from err
        finally:
            os.close(fd)

    def _check_identity(self) -> None:
        # By path, not by descriptor: while we waited for the lock the file may have been replaced.
        try:
            current = identity_of(os.stat(self.path))
        except FileNotFoundError:
            raise ForeignFileError(f"{self.path} was removed since the last write") from None
        if current != self._identity:
            raise ForeignFileError(
                f"{self.path} was modified by someone else since the last write; another node may be the master now"
            )

    def _write(self, content: bytes) -> None:
        identity: list[FileIdentity] = []

        def remember(fd: int) -> None:
            identity.append(identity_of(os.fstat(fd)))

        try:
            write_atomic(self.path, content, mode=_MODE, uid=self._uid, gid=self._gid, prepare=remember)
        finally:
            # The rename may have happened even if making the directory durable failed.
            if identity and self._is_current(identity[0]):
                self._identity = identity[0]

    def _is_current(self, identity: FileIdentity) -> bool:
        try:
            return identity_of(os.stat(self.path)) == identity
        except OSError:
            return False
