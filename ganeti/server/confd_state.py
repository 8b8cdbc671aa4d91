"""What confd keeps in memory: the answers of the newest configuration, the keys, and the thread that keeps both new."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Final, NamedTuple, Protocol

from ganeti import constants as c
from ganeti import errors, pathutils
from ganeti.confd.wire import HmacKey, PackedReply, Reply
from ganeti.config.load import load_config
from ganeti.server.confd_answers import Answer, Answers, failure
from ganeti.utils.file_watch import FileVersion, FileWatch, file_version

_LOG = logging.getLogger(__name__)

#: Seconds for which a replaced key is accepted: servers and clients do not learn about a new one at the same moment.
OLD_KEY_LIFE_S: Final = 300.0
#: When the answers kept take more bytes than this, they are made anew.
_CACHE_LIMIT: Final = 32 << 20
#: What keeping an answer costs beyond its text.
_ENTRY_OVERHEAD: Final = 500
_KEY_LIMIT: Final = 65536


class Source(Protocol):
    """Gives answers."""

    def answer(self, kind: int, query: bytes) -> Answer:
        """Return the answer to a question; raises MalformedQuery."""


class NoAnswers:
    """Stands for a configuration that cannot be used: tells so, whatever the question."""

    def __init__(self, reason: str) -> None:
        """*reason* is for the client."""
        self._answer = failure(reason)

    def answer(self, kind: int, query: bytes) -> Answer:
        """Return the reason."""
        return self._answer


_NO_CONFIGURATION: Final = NoAnswers("This node has no configuration")


class Deferred:
    """Stands for a configuration that is read when somebody asks for the first time; for one thread at a time."""

    def __init__(self, load: Callable[[], Source]) -> None:
        """*load* reads it."""
        self._load = load
        self._loaded: Source | None = None

    def prepare(self) -> None:
        """Read it now."""
        if self._loaded is None:
            self._loaded = self._load()

    def answer(self, kind: int, query: bytes) -> Answer:
        """Return the answer to a question; raises MalformedQuery."""
        self.prepare()
        assert self._loaded is not None
        return self._loaded.answer(kind, query)


class ReplyTable:
    """Replies from one version of the configuration, kept in the form in which they are sent."""

    def __init__(self, source: Source) -> None:
        """Nothing is kept yet."""
        self._source = source
        self._kept: dict[tuple[int, bytes], PackedReply] = {}
        self._size = 0

    @property
    def was_asked(self) -> bool:
        """True if a question was answered."""
        return bool(self._kept)

    def reply(self, kind: int, query: bytes) -> PackedReply:
        """Return the reply to a question, its query as JSON; raises MalformedQuery."""
        kept = self._kept.get((kind, query))
        return kept if kept is not None else self._make(kind, query)

    def _make(self, kind: int, query: bytes) -> PackedReply:
        answer = self._source.answer(kind, query)
        packed = PackedReply(Reply(status=answer.status, answer=answer.value, serial=answer.serial))
        if packed.size > c.MAX_UDP_DATA_SIZE:
            text = f"The answer takes {packed.size} bytes, more than the {c.MAX_UDP_DATA_SIZE} of a datagram"
            packed = PackedReply(Reply(status=c.CONFD_REPL_STATUS_ERROR, answer=text, serial=0))
        if self._size > _CACHE_LIMIT:
            self._kept.clear()
            self._size = 0
        self._kept[kind, query] = packed
        self._size += 2 * packed.size + len(query) + _ENTRY_OVERHEAD
        return packed


class ConfigSource:
    """The configuration file; parsed again only when it was replaced.

    Many changes follow each other between two questions on most nodes, and parsing a large file takes a core for a
    while: a version is parsed beforehand if somebody asked about the one before it, otherwise with its first question.
    """

    def __init__(self, path: str) -> None:
        """Nothing is read yet."""
        self._path = path
        self._version: FileVersion | None = None
        self.table = ReplyTable(_NO_CONFIGURATION)

    def refresh(self) -> bool:
        """Read the file if it is another one than before; tell whether it is."""
        version = file_version(self._path)
        if version == self._version:
            return False
        self._version = version
        if version is None:
            self.table = ReplyTable(_NO_CONFIGURATION)
            return True
        source = Deferred(self._load)
        if self.table.was_asked:
            source.prepare()
        self.table = ReplyTable(source)
        return True

    def _load(self) -> Source:
        start = time.monotonic()
        try:
            config = load_config(self._path, accept_foreign=True, check_structure=False).config
            answers = Answers(config)
        except errors.GenericError as err:
            _LOG.error("Cannot use the configuration: %s", err)
            return NoAnswers("The configuration of this node cannot be used")
        except Exception:
            # Whatever is in the file: the daemon lives on and reads the next one.
            _LOG.exception("Cannot use the configuration")
            return NoAnswers("The configuration of this node cannot be used")
        _LOG.info("Loaded configuration with serial number %d in %.3f s", config.serial_no, time.monotonic() - start)
        return answers


class _OldKey(NamedTuple):
    key: HmacKey
    until: float


class KeyRing:
    """The key that requests are signed with, and for a while the one before it."""

    def __init__(self, path: str) -> None:
        """Read the key. Raises OSError."""
        self._path = path
        self._version = file_version(path)
        self._content = self._read()
        self._current = HmacKey(self._content)
        self._old: _OldKey | None = None
        #: Keys to accept, the current one first.
        self.keys: tuple[HmacKey, ...] = (self._current,)

    def _read(self) -> bytes:
        with open(self._path, "rb") as file:
            return file.read(_KEY_LIMIT)

    def refresh(self, now: float) -> None:
        """Read the key if it was replaced, forget an old one whose time is over; *now* is of a monotonic clock.

        A key that vanished stays in use: only a node that leaves its cluster loses it, and its daemons are stopped.
        """
        version = file_version(self._path)
        if version is not None and version != self._version:
            self._replace(version, now)
        if self._old is not None and self._old.until <= now:
            self._old = None
        self.keys = (self._current,) if self._old is None else (self._current, self._old.key)

    def _replace(self, version: FileVersion, now: float) -> None:
        try:
            content = self._read()
        except OSError as err:
            _LOG.warning("Cannot read the new key: %s", err)
            return
        self._version = version
        if content and content != self._content:
            _LOG.info("The key was replaced; the old one is accepted for %d s more", OLD_KEY_LIFE_S)
            self._old = _OldKey(self._current, now + OLD_KEY_LIFE_S)
            self._content = content
            self._current = HmacKey(content)


class Pace:
    """When to look at the files: at once after a change, at fixed times while changes follow each other quickly."""

    _INTERVAL_S: Final = c.CONFD_CONFIG_RELOAD_RATELIMIT / 1_000_000
    _IDLE_ROUNDS: Final = 3

    def __init__(self) -> None:
        """Wait for changes."""
        self._last = float("-inf")
        #: Rounds without change left until changes are waited for again; 0: they are.
        self._rounds = 0

    @property
    def interval_s(self) -> float | None:
        """Seconds until the next look, whatever happens meanwhile; None: look after the next change."""
        return self._INTERVAL_S if self._rounds else None

    def after_wait(self, was_changed: bool, now: float) -> bool:
        """Tell whether to look now, after a wait for changes that saw one or not."""
        is_quick = was_changed and now - self._last < self._INTERVAL_S
        if was_changed:
            self._last = now
        if is_quick:
            self._rounds = self._IDLE_ROUNDS
        return not is_quick

    def after_look(self, was_changed: bool) -> None:
        """Take note of what a look at a fixed time found."""
        if self._rounds:
            self._rounds = self._IDLE_ROUNDS if was_changed else self._rounds - 1


class State:
    """Configuration and keys of this node, kept new by a thread."""

    def __init__(self) -> None:
        """Read both. Raises OSError if there is no key."""
        self.keyring = KeyRing(pathutils.CONFD_HMAC_KEY)
        self.config = ConfigSource(pathutils.CLUSTER_CONF_FILE)
        self._load_time_s = 0.0
        self._look()

    def start(self) -> None:
        """Watch the files from now on."""
        watch = FileWatch((pathutils.CLUSTER_CONF_FILE, pathutils.CONFD_HMAC_KEY))
        # It never ends by itself and leaves nothing behind when the process does.
        threading.Thread(target=self._follow, args=(watch,), name="Reload", daemon=True).start()

    def _follow(self, watch: FileWatch) -> None:
        pace = Pace()
        self._look()
        while True:
            interval_s = pace.interval_s
            if interval_s is None:
                if pace.after_wait(watch.wait(c.CONFD_CONFIG_RELOAD_TIMEOUT), time.monotonic()):
                    self._look()
                continue
            # Loading takes half of the time at most, however large the configuration and many its changes.
            time.sleep(max(interval_s, self._load_time_s))
            is_changed = watch.wait(0)
            pace.after_look(self._look() or is_changed)

    def _look(self) -> bool:
        """Refresh both; tell whether the configuration is another one."""
        start = time.monotonic()
        self.keyring.refresh(start)
        is_new = self.config.refresh()
        if is_new:
            self._load_time_s = time.monotonic() - start
        return is_new
