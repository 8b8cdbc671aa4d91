"""File contents inside calls."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganeti.rpc import uploads


@given(st.one_of(st.binary(max_size=2000), st.text(max_size=2000).map(lambda text: text.encode())))
def test_content_survives(content: bytes) -> None:
    assert uploads.decompress(uploads.compress(content)) == content


def test_small_texts_travel_as_they_are_and_large_ones_compressed() -> None:
    assert uploads.compress("x" * 511) == (0, "x" * 511)
    encoding, data = uploads.compress("x" * 512)
    assert encoding == 1
    assert len(data) < 100


def test_plain_texts_of_any_size_are_accepted() -> None:
    assert uploads.decompress((0, "ä" * 5000)) == ("ä" * 5000).encode()


@pytest.mark.parametrize("packed", [(2, ""), (1, "not base64!"), (1, "AAAA")])
def test_damaged_content_is_an_error(packed: tuple[int, str]) -> None:
    with pytest.raises(ValueError, match=r"(?i)content"):
        uploads.decompress(packed)


def test_details_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("hello")
    path.chmod(0o640)
    os.utime(path, (1000.5, 2000.5))
    name, content, mode, _, _, atime, mtime = uploads.file_details(str(path))
    assert (name, content, mode, atime, mtime) == (str(path), (0, "hello"), 0o640, 1000.5, 2000.5)
