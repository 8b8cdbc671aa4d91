"""`make install` below another root: everything is in its place and complete."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("root")
    options = [f"--root={directory}", "--prefix=/usr", "--localstatedir=/srv/state", f"--python={sys.executable}"]
    subprocess.run(
        [sys.executable, "setup.py", "--quiet", "install_tree", *options], cwd=SOURCE, timeout=120, check=True
    )
    return directory


def test_files_of_the_system_have_no_placeholders(root: Path) -> None:
    directories = ("etc", "usr/sbin", "usr/lib", "usr/share/bash-completion")
    files = [path for name in directories for path in (root / name).rglob("*") if path.is_file()]
    assert files
    assert [path for path in files if re.search(r"@[A-Z_]+@", path.read_text(encoding="utf-8"))] == []


def test_every_unit_starts_an_installed_program(root: Path) -> None:
    units = (root / "usr/lib/systemd/system").glob("*.service")
    commands = [
        line for unit in units for line in unit.read_text(encoding="utf-8").splitlines() if "ExecStart=/usr" in line
    ]
    assert len(commands) >= 4
    for command in commands:
        program = command.removeprefix("ExecStart=").split()[0]
        assert (root / program.lstrip("/")).stat().st_mode & 0o111, program


def test_every_program_for_users_has_a_manual_page_and_completion_knows_the_directories(root: Path) -> None:
    programs = {path.name for path in (root / "usr/sbin").iterdir()}
    pages = {path.stem for path in (root / "usr/share/man").rglob("*.[0-9]")}
    assert programs - pages == set()
    completion = (root / "usr/share/bash-completion/completions/gnt-node").read_text(encoding="utf-8")
    assert "_ganeti_data_dir=/srv/state/lib/ganeti\n" in completion


def test_installed_programs_start(root: Path) -> None:
    # The launcher names the final place of the package; below another root it must be told.
    launcher = (root / "usr/sbin/gnt-node").read_text(encoding="utf-8")
    assert "sys.path[0] = '/usr/share/ganeti'" in launcher
    program = root / "usr/sbin/gnt-node"
    program.write_text(launcher.replace("'/usr/share/ganeti'", repr(f"{root}/usr/share/ganeti")), encoding="utf-8")
    result = subprocess.run([str(program), "--version"], capture_output=True, text=True, timeout=60, check=True)
    assert result.stdout.startswith("gnt-node (ganeti ")
