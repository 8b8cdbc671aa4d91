"""Access control lists of POSIX.1e, for files that one more group may use whose owner, group and mode are an interface.

The form is that of the kernel's extended attribute (include/uapi/linux/posix_acl_xattr.h).
"""

import os
import struct
from typing import Final

READ: Final = 4
WRITE: Final = 2
ENTER: Final = 1

_ATTRIBUTE: Final = "system.posix_acl_access"
_VERSION: Final = struct.Struct("<I").pack(2)
_ENTRY: Final = struct.Struct("<HHI")
_NOBODY: Final = 0xFFFFFFFF
_USER_OBJ: Final = 0x01
_GROUP_OBJ: Final = 0x04
_GROUP: Final = 0x08
_MASK: Final = 0x10
_OTHER: Final = 0x20


def encode(mode: int, gid: int, permissions: int) -> bytes:
    """Return the list of a file with *mode* that also grants *permissions* (bits rwx) to the group *gid*.

    Raises ValueError unless the group of the file has those permissions too: the mode would show others.
    """
    group_bits = mode >> 3 & 0o7
    if permissions & ~group_bits:
        raise ValueError(f"Mode {mode:04o} does not cover the permissions {permissions:o} of another group")
    entries = (
        (_USER_OBJ, mode >> 6 & 0o7, _NOBODY),
        (_GROUP_OBJ, group_bits, _NOBODY),
        (_GROUP, permissions, gid),
        (_MASK, group_bits, _NOBODY),
        (_OTHER, mode & 0o7, _NOBODY),
    )
    return _VERSION + b"".join(_ENTRY.pack(*entry) for entry in entries)


def grant(path: str, mode: int, gid: int, permissions: int) -> bool:
    """Let members of a group use a file or directory of a given mode; tell whether anything had to be changed.

    A link is not followed. Raises OSError, for example EOPNOTSUPP if the file system knows no such lists.
    """
    wanted = encode(mode, gid, permissions)
    try:
        if os.getxattr(path, _ATTRIBUTE, follow_symlinks=False) == wanted:
            return False
    except OSError:
        pass  # There is none yet; what else may be wrong is told when it is set.
    os.setxattr(path, _ATTRIBUTE, wanted, follow_symlinks=False)
    return True
