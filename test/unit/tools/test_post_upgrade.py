"""What a cluster needs once after it was changed from an older release."""

from pathlib import Path

import pytest

from ganeti import buildcfg
from ganeti.bootstrap.upgrade.versions import parse
from ganeti.tools import post_upgrade

NODES = ("--new-node-certificates", "-f")
KEYS = ("--new-ssh-keys", "--no-ssh-key-check", "-f")


@pytest.mark.parametrize(
    ("old", "expected"),
    [
        ("2.10", [NODES, KEYS]),
        ("2.12.4", [NODES, KEYS]),
        ("2.12.5", [KEYS]),
        ("2.12.6", [KEYS]),
        ("2.13.0", []),
        ("2.16.2", []),
        ("3.0", []),
        ("4.0.0", []),
    ],
)
def test_renewals_by_release(old: str, expected: list[tuple[str, ...]]) -> None:
    assert post_upgrade.renewals(parse(old)) == expected


def _gnt_cluster(directory: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> Path:
    """Put a program in the place of gnt-cluster that writes down how it is called."""
    program = directory / "gnt-cluster"
    program.write_text(f'#!/bin/sh\necho "$*" >> {directory}/calls\necho broken >&2\nexit {code}\n')
    program.chmod(0o755)
    monkeypatch.setattr(buildcfg, "SBINDIR", str(directory))
    return directory / "calls"


def test_certificates_and_keys_are_renewed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = _gnt_cluster(tmp_path, monkeypatch, 0)
    assert post_upgrade.main(["2.11.0"]) == 0
    assert calls.read_text().splitlines() == [
        "renew-crypto --new-node-certificates -f",
        "renew-crypto --new-ssh-keys --no-ssh-key-check -f",
    ]


def test_a_failed_renewal_is_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    calls = _gnt_cluster(tmp_path, monkeypatch, 3)
    assert post_upgrade.main(["2.11.0"]) == 1
    assert len(calls.read_text().splitlines()) == 1
    assert "renew-crypto failed (exited with exit code 3): broken" in capsys.readouterr().err


@pytest.mark.parametrize("words", [[], ["4.0", "4.1"], ["new"]])
def test_exactly_one_version_is_needed(words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = _gnt_cluster(tmp_path, monkeypatch, 0)
    assert post_upgrade.main(words) == 1
    assert not calls.exists()
