"""The files that outlive a crash during a change of the version: the intent, which others know, and our journal."""

import os
from dataclasses import dataclass
from typing import Final

import msgspec

from ganeti import pathutils
from ganeti.bootstrap.upgrade import plan
from ganeti.errors import ConfigurationError
from ganeti.utils.files import read_text, remove_if_exists, write_atomic
from ganeti.utils.text import join_escaped, split_escaped

_MODE: Final = 0o600


class Intent(msgspec.Struct, frozen=True):
    """Releases from and to which the cluster changes, and the process that does it."""

    old: str
    new: str
    pid: int


class _Format(msgspec.Struct, frozen=True):
    version: int


class _Release(msgspec.Struct, frozen=True):
    """What an installed version tells about itself (written by setup.py)."""

    release: str
    config_version: int


@dataclass(frozen=True)
class Records:
    """Where the files are."""

    intent_path: str = pathutils.INTENT_TO_UPGRADE
    journal_path: str = pathutils.UPGRADE_JOURNAL
    config_path: str = pathutils.CLUSTER_CONF_FILE

    def intent(self) -> Intent | None:
        """Return what is intended, None if nothing is. Raises ConfigurationError if the file is damaged."""
        text = read_text(self.intent_path, default="").strip()
        if not text:
            return None
        try:
            old, new, pid = split_escaped(text)
            return Intent(old, new, int(pid))
        except ValueError:
            raise ConfigurationError(
                f"{self.intent_path} does not say from and to which version the cluster changes: {text!r}"
            ) from None

    def journal(self) -> plan.Journal | None:
        """Return how far the change got, None if nothing is known. Raises ConfigurationError if the file is damaged."""
        text = read_text(self.journal_path, default="")
        if not text:
            return None
        try:
            return msgspec.json.decode(text, type=plan.Journal)
        except msgspec.DecodeError as err:
            raise ConfigurationError(f"{self.journal_path} cannot be read: {err}") from err

    def save(self, journal: plan.Journal) -> None:
        """Write the journal; the intent follows it, so that there is never one without the other."""
        write_atomic(self.journal_path, msgspec.json.encode(journal) + b"\n", mode=_MODE)

    def write_intent(self, change: plan.Change) -> None:
        """Write what is intended, and that this process does it."""
        text = join_escaped((change.old, change.new, str(os.getpid())))
        write_atomic(self.intent_path, f"{text}\n", mode=_MODE)

    def forget(self) -> None:
        """Remove both; the journal has no meaning without the intent."""
        remove_if_exists(self.intent_path)
        remove_if_exists(self.journal_path)

    def config_format(self) -> int | None:
        """Return the version of the configuration on disk, None if it cannot be told."""
        try:
            with open(self.config_path, "rb") as file:
                return msgspec.json.decode(file.read(), type=_Format).version
        except (OSError, msgspec.DecodeError):
            return None


def read_release(text: str) -> tuple[str, int]:
    """Return release and configuration format of an installed version. Raises ValueError."""
    try:
        found = msgspec.json.decode(text, type=_Release)
    except msgspec.DecodeError as err:
        raise ValueError(f"not the description of a release: {err}") from None
    return found.release, found.config_version
