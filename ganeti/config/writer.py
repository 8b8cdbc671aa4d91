"""The thread that makes the configuration durable, many changes by one write (group commit).

While one version is being written, changes gather; the next write takes the newest snapshot with all of them. So the
time to durability is at most two writes, however many jobs change something at once.

When a write fails (disk full), those who wait are told, and it is tried again after a pause: the changes are in force
in this process and must reach the disk. When the file is not ours any more, nothing is ever written again.
"""

import logging
import threading
import time
from collections.abc import Mapping
from typing import Final, Protocol

from ganeti import errors
from ganeti.config.configfile import ConfigFile, ForeignFileError
from ganeti.config.distribute import NodeStatus
from ganeti.config.encode import ConfigEncoder
from ganeti.config.index import Index
from ganeti.objects import ConfigData

_LOG = logging.getLogger(__name__)

_FIRST_PAUSE_S: Final = 1.0
_LONGEST_PAUSE_S: Final = 30.0
#: A round of asking the nodes takes no longer.
_PERMIT_WAIT_S: Final = 6.0


class Distribution(Protocol):
    """Brings written versions to other nodes (``distribute.Distributor``)."""

    def offer(self, config: ConfigData, index: Index, content: bytes) -> None:
        """Take a version that is on disk; returns at once."""

    def wait_attempted(self, serial_no: int) -> None:
        """Wait until every node was sent this or a newer version, or could not be sent it."""

    def resend(self) -> None:
        """Send everything to everybody again; returns at once."""

    def status(self) -> Mapping[str, NodeStatus]:
        """Return how far each node is, by its UUID."""

    def close(self) -> None:
        """End; what was not sent is not sent."""


class Permit(Protocol):
    """Tells whether this node may change the configuration (``mastership.keeper.TenureKeeper``)."""

    def problem(self) -> str | None:
        """Return why it may not now, None if it may; never waits."""

    def wait_problem(self, timeout_s: float) -> str | None:
        """Like ``problem``, but wait a while for an obstacle that may pass."""


class Unconditional:
    """The permit of programs that are alone with their configuration."""

    def problem(self) -> str | None:
        """Everything is allowed."""
        return None

    def wait_problem(self, timeout_s: float) -> str | None:
        """Everything is allowed."""
        return None


class ConfigWriter:
    """Writes the newest snapshot whenever there is one; implements ``store.Durability``."""

    def __init__(
        self,
        file: ConfigFile,
        config: ConfigData,
        distribution: Distribution | None = None,
        *,
        encoder: ConfigEncoder | None = None,
        permit: Permit | None = None,
    ) -> None:
        """Start with *config*, the content of *file*; an *encoder* that knows it makes the first write fast."""
        self._permit: Permit = permit or Unconditional()
        self._file = file
        self._distribution = distribution
        self._encoder = encoder or ConfigEncoder()
        self._condition = threading.Condition()
        self._newest: tuple[ConfigData, Index | None] = (config, None)
        self._durable_serial = config.serial_no
        self._failure: errors.ConfigurationError | None = None
        self._failed_serial = 0
        self._is_foreign = False
        self._is_closing = False
        self._pause_s = 0.0
        self._thread = threading.Thread(target=self._run, name="ConfigWriter", daemon=True)
        self._thread.start()

    # for the store

    def offer(self, config: ConfigData, index: Index) -> None:
        """Take a newer snapshot; returns at once."""
        with self._condition:
            self._newest = (config, index)
            self._condition.notify_all()

    def wait_usable(self) -> None:
        """Give this node a moment to assure itself that it is the master; raises ConfigurationError if it is not."""
        _raise_problem(self._permit.wait_problem(_PERMIT_WAIT_S))

    def check_usable(self) -> None:
        """Raise ConfigurationError if nothing may be changed.

        Either the file belongs to somebody else now, so that changes could never become durable, or this node may not
        act as the master.
        """
        if self._is_foreign and self._failure is not None:
            raise errors.ConfigurationError(*self._failure.args)
        _raise_problem(self._permit.problem())

    def wait_durable(self, serial_no: int) -> None:
        """Wait until this or a newer version is on disk.

        Raises ConfigurationError if the attempt to write it failed.
        """
        with self._condition:
            self._condition.wait_for(
                lambda: self._durable_serial >= serial_no or self._failed_serial >= serial_no or self._is_dead()
            )
            if self._durable_serial < serial_no:
                failure = self._failure or errors.ConfigurationError("The configuration is not written any more")
                raise errors.ConfigurationError(*failure.args)

    def wait_distributed(self, serial_no: int) -> None:
        """Wait until every node was told of this or a newer version, or could not be told."""
        if self._distribution is not None:
            self._distribution.wait_attempted(serial_no)

    def resend(self) -> None:
        """Let every node be sent everything again."""
        if self._distribution is not None:
            self._distribution.resend()

    def node_status(self) -> Mapping[str, NodeStatus]:
        """Return how far each node is, by its UUID."""
        return self._distribution.status() if self._distribution is not None else {}

    def close(self) -> None:
        """Write what is left and end the thread."""
        with self._condition:
            self._is_closing = True
            self._condition.notify_all()
        self._thread.join()
        if self._distribution is not None:
            self._distribution.close()

    # the thread

    def _is_dead(self) -> bool:
        return self._is_foreign or not self._thread.is_alive()

    def _run(self) -> None:
        while True:
            with self._condition:
                self._condition.wait_for(lambda: self._has_work() or self._is_closing)
                if not self._has_work():
                    return
                config, index = self._newest
            assert index is not None, "only what was offered has a newer serial number"
            self._write(config, index)
            with self._condition:
                if self._failure is not None:
                    if self._is_closing or self._is_foreign:
                        return
                    # New changes do not cut the pause short: the disk is no less full because of them.
                    self._condition.wait_for(lambda: self._is_closing, self._pause_s)

    def _has_work(self) -> bool:
        return self._newest[0].serial_no > self._durable_serial and not self._is_foreign

    def _write(self, config: ConfigData, index: Index) -> None:
        started = time.monotonic()
        try:
            content = self._encoder.encode(config)
            # Once more: this thread may have been stopped since the change was made, for as long as it takes another
            # node to become the master.
            _raise_problem(self._permit.problem())
            self._file.replace(content)
        except Exception as err:
            self._failed(config.serial_no, err)
            return
        _LOG.debug("Wrote configuration %d in %.3f s", config.serial_no, time.monotonic() - started)
        # Before anybody is woken: who then waits for the distribution must find it under way.
        if self._distribution is not None:
            self._distribution.offer(config, index, content)
        with self._condition:
            self._durable_serial = config.serial_no
            self._failure = None
            self._failed_serial = 0
            self._pause_s = 0.0
            self._condition.notify_all()

    def _failed(self, serial_no: int, err: Exception) -> None:
        _LOG.critical("Cannot write the configuration: %s", err, exc_info=not isinstance(err, errors.GenericError))
        text = str(err) or type(err).__name__
        with self._condition:
            self._failure = err if isinstance(err, errors.ConfigurationError) else errors.ConfigurationError(text)
            self._failed_serial = serial_no
            self._is_foreign = isinstance(err, ForeignFileError)
            self._pause_s = min(self._pause_s * 2, _LONGEST_PAUSE_S) if self._pause_s else _FIRST_PAUSE_S
            self._condition.notify_all()


def _raise_problem(problem: str | None) -> None:
    if problem is not None:
        raise errors.ConfigurationError(problem)
