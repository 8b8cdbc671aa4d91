"""Which directories may hold disk images."""

import pytest

from ganeti.errors import FileStoragePathError
from ganeti.utils.storagepaths import check_path_text, is_forbidden, parse_allowed_paths

ALLOWED = ("/srv/ganeti/file-storage", "/etc/vmfiles", "relative")


def test_comments_and_blank_lines_are_left_out() -> None:
    assert parse_allowed_paths("# a\n\n  /srv/x \n   # b\n/srv/y") == ("/srv/x", "/srv/y")


@pytest.mark.parametrize("path", ["/srv/ganeti/file-storage/web1/x", "/srv/ganeti/file-storage//a"])
def test_paths_below_an_entry(path: str) -> None:
    check_path_text(path, ALLOWED, "file")


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/srv/ganeti/file-storage", "not acceptable"),
        ("/srv/ganeti/file-storage2/x", "not acceptable"),
        ("/srv/ganeti/file-storage/../../../etc/x", "forbidden prefix"),
        ("/etc/vmfiles/x", "forbidden prefix"),
        ("relative/x", "forbidden prefix"),
        ("/usr/local/lib/x", "forbidden prefix"),
    ],
)
def test_refused_paths(path: str, text: str) -> None:
    with pytest.raises(FileStoragePathError, match=text):
        check_path_text(path, ALLOWED, "file")


def test_exact_match_only_where_asked() -> None:
    check_path_text("/srv/ganeti/file-storage/", ALLOWED, "file", exact_match_ok=True)


def test_an_empty_list_allows_nothing() -> None:
    with pytest.raises(FileStoragePathError, match="No paths are valid or path file '/x'"):
        check_path_text("/srv/a/b", (), "/x")


def test_names_that_only_begin_like_forbidden_ones() -> None:
    assert not is_forbidden("/homes/x") and not is_forbidden("/library/x") and is_forbidden("/lib64")
