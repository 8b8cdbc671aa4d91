"""Checksums by which nodes compare the files they share."""

import hashlib
from collections.abc import Iterable

from ganeti import pathutils


def fingerprint(path: str) -> str | None:
    """Return the SHA-1 digest of a file's content in hexadecimal; None if it cannot be read."""
    # SHA-1 is what all versions agree on; it detects differences, it protects nothing.
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, lambda: hashlib.sha1(usedforsecurity=False)).hexdigest()
    except OSError:
        return None


def fingerprint_files(paths: Iterable[str]) -> dict[str, str]:
    """Return the checksums of files given in virtual form, under the names given; unreadable files are left out."""
    found = {path: fingerprint(pathutils.from_virtual(path)) for path in paths}
    return {path: digest for path, digest in found.items() if digest is not None}
