"""Access lists: one more group, and the mode stays what it is."""

import os
import stat
import subprocess
import tempfile
from pathlib import Path

import pytest

from ganeti.utils import acl

_NOBODY = 65534
_GROUP = 12345


def _can_read(path: Path, gid: int) -> bool:
    words = ["setpriv", f"--reuid={_NOBODY}", f"--regid={gid}", "--clear-groups", "cat", str(path)]
    return subprocess.run(words, capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user")
def test_members_of_the_group_get_in_and_others_do_not() -> None:
    # Not in the directory of pytest, which is its user's alone.
    with tempfile.TemporaryDirectory() as name:
        directory, path = Path(name), Path(name) / "file"
        path.write_text("content")
        path.chmod(0o640)
        directory.chmod(0o770)
        assert acl.grant(name, 0o770, _GROUP, acl.ENTER)
        assert acl.grant(str(path), 0o640, _GROUP, acl.READ)
        assert not acl.grant(str(path), 0o640, _GROUP, acl.READ)
        assert _can_read(path, _GROUP)
        assert not _can_read(path, _GROUP + 1)
        assert [stat.S_IMODE(item.stat().st_mode) for item in (directory, path)] == [0o770, 0o640]


def test_more_than_the_mode_shows_cannot_be_granted() -> None:
    with pytest.raises(ValueError, match="0640"):
        acl.encode(0o640, _GROUP, acl.READ | acl.WRITE)


def test_link_is_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("")
    (tmp_path / "link").symlink_to(target)
    with pytest.raises(OSError, match="link"):
        acl.grant(str(tmp_path / "link"), 0o770, _GROUP, acl.READ)
    assert "system.posix_acl_access" not in os.listxattr(target)
