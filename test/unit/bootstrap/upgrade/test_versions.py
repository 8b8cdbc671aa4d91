"""Between which releases a cluster can change."""

import pytest

from ganeti.bootstrap.upgrade import versions
from ganeti.bootstrap.upgrade.versions import Version
from ganeti.errors import OpPrereqError


@pytest.mark.parametrize(
    ("text", "expected"),
    [("4.1", (4, 1, None)), ("2.16.0", (2, 16, 0)), ("4.1.0~rc1", (4, 1, 0)), ("10.20.30", (10, 20, 30))],
)
def test_versions_are_written_with_two_or_three_numbers(text: str, expected: tuple[int, int, int | None]) -> None:
    assert versions.parse(text) == expected


@pytest.mark.parametrize("text", ["", "4", "4.", "4.1.", "v4.1", "4.1-rc1", "4.1 ", "4.1.2.3", "../4.1", "4.\u0661"])
def test_anything_else_is_no_version(text: str) -> None:
    with pytest.raises(OpPrereqError, match="is not a version"):
        versions.parse(text)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("4.0.0", "4.0.1", None),
        ("4.0.1", "4.0.0", None),
        ("4.0.0", "4.1", None),
        ("4.0.0", "4.9", None),
        ("4.1.3", "4.0", None),
        ("4.2.0", "4.0", "one can go back by one version only, to 4.1"),
        ("2.16.2", "3.0", None),
        ("3.0.1", "2.16", None),
        ("2.15.0", "3.0", "no way"),
        ("3.0.0", "2.15", "no way"),
        ("2.16.0", "3.1", "no way"),
        ("3.1.0", "4.0", "no way"),
        ("4.0.0", "3.1", "no way"),
        ("4.0.0", "5.0", "no way"),
        ("2.10.0", "2.11", None),
        ("2.11.0", "2.10", None),
        ("2.10.0", "2.9", "Version 2.9 is too old"),
        ("2.9.6", "2.10", "Version 2.9.6 is too old"),
    ],
)
def test_range(old: str, new: str, problem: str | None) -> None:
    change = versions.parse(old), versions.parse(new)
    if problem is None:
        versions.check_range(*change)
    else:
        with pytest.raises(OpPrereqError, match=problem):
            versions.check_range(*change)


def test_revisions_share_a_directory() -> None:
    assert versions.parse("4.1.7").directory == versions.parse("4.1").directory == "4.1"
    assert not versions.is_downgrade(Version(4, 1, 7), Version(4, 1, 2))
    assert versions.is_downgrade(Version(4, 1), Version(4, 0, 9))
    assert versions.is_downgrade(Version(3, 0), Version(2, 16))
