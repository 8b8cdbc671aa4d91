"""Rules about single values of the cluster."""

import pytest

from ganeti import constants as c
from ganeti.errors import OpPrereqError
from ganeti.objects import cluster_values


@pytest.mark.parametrize("tools", [("lzop",), ("gzip", "none"), ("gzip", "a b"), ("gzip", "zstd\n"), ("gzip", "")])
def test_bad_compression_tools(tools: tuple[str, ...]) -> None:
    with pytest.raises(OpPrereqError) as caught:
        cluster_values.check_compression_tools(tools)
    assert caught.value.args[1] == c.ECODE_INVAL


def test_good_compression_tools() -> None:
    cluster_values.check_compression_tools(("gzip", "gzip-fast", "my_TOOL2"))


@pytest.mark.parametrize("image", ["relative", "file:///x", "http://", ""])
def test_bad_image_locations(image: str) -> None:
    with pytest.raises(OpPrereqError):
        cluster_values.check_image(image)


@pytest.mark.parametrize("image", [None, "/srv/image", "http://example.com/image", "FTP://example.com/x"])
def test_good_image_locations(image: str | None) -> None:
    cluster_values.check_image(image)


@pytest.mark.parametrize("bounds", [(5, 3), (0, 2**32 + 5), (-1, 5)])
def test_bad_ranges_of_users(bounds: tuple[int, int]) -> None:
    with pytest.raises(OpPrereqError):
        cluster_values.check_uid_ranges([(1000, 1019), bounds])
