"""`make install` below another root: everything is in its place and complete."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ganeti import constants as c
from test.made_up_version import made_up_version

SOURCE = Path(__file__).resolve().parents[2]
LIB = f"/usr/lib/ganeti/{c.DIR_VERSION}"
SHARE = f"/usr/share/ganeti/{c.DIR_VERSION}"


def install(source: Path, directory: Path) -> str:
    """Install a source tree below another root; returns what is said about it."""
    options = [f"--root={directory}", "--prefix=/usr", "--localstatedir=/srv/state", f"--python={sys.executable}"]
    command = [sys.executable, "setup.py", "--quiet", "install_tree", *options]
    result = subprocess.run(command, cwd=source, capture_output=True, text=True, timeout=120, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("root")
    install(SOURCE, directory)
    return directory


def inside(root: Path, path: str) -> Path:
    """Return the file that *path* leads to if *root* is /: links on the way are absolute and mean that root."""
    place = root
    parts = Path(path).parts[1:]
    for number, part in enumerate(parts, 1):
        place /= part
        if place.is_symlink():
            target = place.parent.relative_to(root) / place.readlink()
            return inside(root, os.path.normpath(f"/{target}/{'/'.join(parts[number:])}"))
    return place


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
        assert inside(root, program).stat().st_mode & 0o111, program


def test_every_program_for_users_has_a_manual_page_and_completion_knows_the_directories(root: Path) -> None:
    programs = {path.name for path in (root / "usr/sbin").iterdir()}
    pages = {path.stem for path in (root / "usr/share/man").rglob("*.[0-9]")}
    assert programs - pages == set()
    completion = (root / "usr/share/bash-completion/completions/gnt-node").read_text(encoding="utf-8")
    assert "_ganeti_data_dir=/srv/state/lib/ganeti\n" in completion


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/usr/sbin/ganeti-noded", f"{LIB}/sbin/ganeti-noded"),
        ("/usr/lib/ganeti/daemon-util", f"{LIB}/daemon-util"),
        ("/usr/lib/ganeti/tools/cfgupgrade", f"{LIB}/tools/cfgupgrade"),
        ("/usr/share/ganeti/ganeti/__init__.py", f"{SHARE}/ganeti/__init__.py"),
        ("/usr/share/ganeti/os/busybox/create", "/usr/share/ganeti/os/busybox/create"),
    ],
)
def test_known_places_lead_to_the_version_in_use(root: Path, path: str, target: str) -> None:
    assert inside(root, path) == root / target.lstrip("/")
    assert inside(root, path).is_file()


def test_a_version_tells_what_it_is(root: Path) -> None:
    release = json.loads((root / LIB.lstrip("/") / "release.json").read_text(encoding="utf-8"))
    assert release == {"release": c.RELEASE_VERSION, "config_version": c.CONFIG_VERSION}


def test_installed_programs_start(root: Path) -> None:
    # The launcher names the final place of the package; below another root it must be told.
    program = inside(root, "/usr/sbin/gnt-node")
    launcher = program.read_text(encoding="utf-8")
    assert f"sys.path[0] = '{SHARE}'" in launcher
    program.write_text(launcher.replace(f"'{SHARE}'", repr(f"{root}{SHARE}")), encoding="utf-8")
    result = subprocess.run([str(program), "--version"], capture_output=True, text=True, timeout=60, check=True)
    assert result.stdout.startswith("gnt-node (ganeti ")


def test_a_new_version_does_not_change_what_a_cluster_uses(tmp_path: Path) -> None:
    root, newer = tmp_path / "root", made_up_version(tmp_path / "source", 99)
    directory = f"{c.VERSION_MAJOR}.99"
    state = root / "srv/state/lib/ganeti"
    # An installation from before there were versions, with an OS definition of somebody else.
    for path in (root / "usr/lib/ganeti/tools/cfgupgrade", root / "usr/share/ganeti/os/other/create"):
        path.parent.mkdir(parents=True)
        path.write_text("")
    state.mkdir(parents=True)
    (state / "server.pem").write_text("")

    assert install(SOURCE, root) == ""
    assert inside(root, "/usr/lib/ganeti/tools/cfgupgrade") == root / LIB.lstrip("/") / "tools/cfgupgrade"
    assert (root / "usr/share/ganeti/os/other/create").exists()

    assert f"gnt-cluster upgrade --to {directory}" in install(newer, root)
    assert inside(root, "/usr/sbin/gnt-node") == root / LIB.lstrip("/") / "sbin/gnt-node"
    assert (root / f"usr/lib/ganeti/{directory}/sbin/gnt-node").exists()

    # Without a cluster, or when its version is gone, the new one is used.
    shutil.rmtree(root / LIB.lstrip("/"))
    assert install(newer, root) == ""
    assert inside(root, "/usr/sbin/gnt-node") == root / f"usr/lib/ganeti/{directory}/sbin/gnt-node"
