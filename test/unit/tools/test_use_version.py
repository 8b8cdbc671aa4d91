"""Which of the installed versions a node uses."""

import os
from pathlib import Path

import pytest

from ganeti import buildcfg, pathutils
from ganeti.tools import ensure_dirs, use_version


@pytest.fixture
def links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Pretend that a version is installed; returns its links and where they shall lead."""
    made = {f"{tmp_path}/lib": "/opt/lib/ganeti/9.1", f"{tmp_path}/share": "/opt/share/ganeti/9.1"}
    monkeypatch.setattr(use_version, "LINKS", made)
    monkeypatch.setattr(pathutils, "CONF_DIR", str(tmp_path))
    monkeypatch.setattr(buildcfg, "IS_INSTALLED", True)
    monkeypatch.setattr(ensure_dirs, "run", lambda: None)
    return made


def test_links_lead_to_the_version_of_the_program(links: dict[str, str]) -> None:
    first, second = links
    os.symlink("/opt/lib/ganeti/9.0", first)
    assert use_version.main([]) == 0
    assert {link: os.readlink(link) for link in links} == links
    assert set(os.listdir(os.path.dirname(second))) == {"lib", "share"}


def test_a_directory_in_the_place_of_a_link_is_left_alone(
    links: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    first, _ = links
    os.mkdir(first)
    assert use_version.main([]) == 1
    assert os.path.isdir(first)
    assert set(os.listdir(os.path.dirname(first))) == {"lib"}
    assert first in capsys.readouterr().err


def test_a_source_tree_is_no_version(
    links: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(buildcfg, "IS_INSTALLED", False)
    assert use_version.main([]) == 1
    assert "source tree" in capsys.readouterr().err
    assert not os.path.lexists(next(iter(links)))
