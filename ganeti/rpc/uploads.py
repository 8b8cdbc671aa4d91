"""File contents inside calls: compressed when large, with owner, mode and times."""

import base64
import binascii
import grp
import os
import pwd
import zlib
from typing import Final

from ganeti import constants as c
from ganeti import pathutils
from ganeti.rpc.procedures.files import Compressed, FileDetails

#: Contents from this size on are compressed.
_COMPRESS_FROM: Final = 512
_ZLIB_LEVEL: Final = 3


def compress(content: bytes | str) -> Compressed:
    """Return *content* as it travels; what is small and text travels as it is."""
    data = content.encode("utf-8") if isinstance(content, str) else content
    if len(data) < _COMPRESS_FROM:
        try:
            return c.RPC_ENCODING_NONE, data.decode("utf-8")
        except UnicodeDecodeError:
            pass  # Not text, so it cannot be part of JSON as it is.
    return c.RPC_ENCODING_ZLIB_BASE64, base64.b64encode(zlib.compress(data, _ZLIB_LEVEL)).decode("ascii")


def decompress(packed: Compressed) -> bytes:
    """Return the content that ``compress`` (or another version of it) packed. Raises ValueError."""
    encoding, text = packed
    if encoding == c.RPC_ENCODING_NONE:
        return text.encode("utf-8")
    if encoding != c.RPC_ENCODING_ZLIB_BASE64:
        raise ValueError(f"Unknown encoding {encoding} of a file's content")
    try:
        return zlib.decompress(base64.b64decode(text, validate=True))
    except (binascii.Error, zlib.error) as err:
        raise ValueError(f"Content of a file is damaged: {err}") from err


def file_details(path: str) -> FileDetails:
    """Return what ``upload_file`` needs to make a copy of a file of this node.

    Raises OSError, and ValueError if its owner has no name or it is not part of this virtual node.
    """
    with open(path, "rb") as file:
        # Reading changes the access time.
        stat, content = os.fstat(file.fileno()), file.read()
    try:
        user, group = pwd.getpwuid(stat.st_uid).pw_name, grp.getgrgid(stat.st_gid).gr_name
    except KeyError as err:
        raise ValueError(f"Owner or group of {path} has no name: {err}") from err
    mode = stat.st_mode & 0o7777
    return pathutils.to_virtual(path), compress(content), mode, user, group, stat.st_atime, stat.st_mtime
