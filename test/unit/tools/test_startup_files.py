"""Start-up files: nothing unresolved, right places, and the programs that read them agree."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from ganeti.tools.account_names import with_prefixes
from ganeti.tools.startup_files import Prefixes, rendered, startup_files

TEMPLATES = Path(__file__).resolve().parents[3] / "build-aux" / "templates"


def _install(root: Path) -> Prefixes:
    """Write the files below *root*, whose path is also the prefix, so that what they name exists."""
    prefixes = Prefixes(f"{root}/usr", f"{root}/var", f"{root}/etc")
    for file in startup_files(TEMPLATES, prefixes):
        path = Path(file.path)
        path.parent.mkdir(parents=True, exist_ok=True)
        if file.target is not None:
            path.symlink_to(file.target)
            continue
        path.write_text(file.text, encoding="utf-8")
        path.chmod(file.mode)
    return prefixes


def _program(path: str, text: str = "#!/bin/sh\n") -> None:
    file = Path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    file.chmod(0o755)


def test_nothing_is_left_to_fill_in() -> None:
    files = list(startup_files(TEMPLATES, Prefixes("/usr", "/var", "/etc")))
    assert {file.path for file in files} >= {
        "/usr/lib/systemd/system/ganeti.target",
        "/usr/lib/systemd/system/ganeti-luxid.service",
        "/etc/init.d/ganeti",
        "/etc/cron.d/ganeti",
        "/etc/logrotate.d/ganeti",
    }
    assert not [file.path for file in files if re.search(r"@\w+@", file.text)]


def test_unknown_placeholder_is_an_error() -> None:
    with pytest.raises(KeyError):
        rendered("@NO_SUCH_DIR@", {})


def test_prefixes_reach_the_units() -> None:
    units = {file.path: file.text for file in startup_files(TEMPLATES, Prefixes("/opt/g", "/srv/state", "/opt/etc"))}
    masterd = units["/opt/g/lib/systemd/system/ganeti-masterd.service"]
    assert "ExecStart=/opt/g/sbin/ganeti-masterd -f $MASTERD_ARGS" in masterd
    assert "ConditionPathExists=/srv/state/lib/ganeti/config.data" in masterd
    assert "EnvironmentFile=-/opt/etc/default/ganeti" in masterd
    assert "Alias=ganeti-luxid.service ganeti-wconfd.service" in masterd


def test_daemons_and_the_cleaner_run_as_the_users_of_the_installation() -> None:
    prefixes = Prefixes("/usr", "/var", "/etc", with_prefixes("gnt-", "gnt-"))
    texts = {file.path: file.text for file in startup_files(TEMPLATES, prefixes)}
    for daemon, user in (("masterd", "gnt-masterd"), ("confd", "gnt-confd"), ("noded", "root")):
        assert f"\nUser={user}\nGroup={user}\n" in texts[f"/usr/lib/systemd/system/ganeti-{daemon}.service"]
    cleaner = " gnt-masterd [ -x /usr/sbin/ganeti-cleaner ] && /usr/sbin/ganeti-cleaner master\n"
    assert cleaner in texts["/etc/cron.d/ganeti"]
    assert "su root gnt-daemons\n" in texts["/etc/logrotate.d/ganeti"]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    prefixes = _install(tmp_path)
    for name in ("sbin/ganeti-noded", "sbin/ganeti-confd", "sbin/ganeti-masterd", "lib/ganeti/ensure-dirs"):
        _program(f"{prefixes.prefix}/{name}")
    units = sorted(str(path) for path in Path(prefixes.unitdir).iterdir() if not path.is_symlink())
    command = ["systemd-analyze", "verify", "--man=no", *units]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    # Other units of the machine that ours depend on may have faults of their own.
    complaints = [line for line in result.stderr.splitlines() if "ganeti" in line]
    assert complaints == []


_FAKE_UTIL = """#!/bin/sh
echo "$*" >> "{log}"
case $1 in
  check-config) exit {config} ;;
  list-start-daemons) echo ganeti-noded; echo ganeti-masterd ;;
  list-stop-daemons) echo ganeti-masterd; echo ganeti-noded ;;
  is-daemon-name) [ "$2" = ganeti-noded ] ;;
  check) [ "$2" = ganeti-noded ] ;;
  start) [ "$2" = ganeti-noded ] || exit 11 ;;
  check-exitcode) [ "$2" = 0 ] || [ "$2" = 11 ] ;;
esac
"""


def _initscript(root: Path, *arguments: str, config: int = 0) -> tuple[int, list[str]]:
    """Run the sysvinit script with a daemon-util that records its calls; return exit code and calls."""
    prefixes = _install(root)
    log = root / "calls"
    _program(f"{prefixes.prefix}/lib/ganeti/daemon-util", _FAKE_UTIL.format(log=log, config=config))
    command = [f"{prefixes.sysconfdir}/init.d/ganeti", *arguments]
    code = subprocess.run(command, capture_output=True, timeout=30, check=False).returncode
    return code, log.read_text(encoding="utf-8").splitlines() if log.exists() else []


def test_initscript_starts_in_order_and_a_node_that_is_not_master_is_fine(tmp_path: Path) -> None:
    code, calls = _initscript(tmp_path, "start")
    assert code == 0
    assert [call for call in calls if call.startswith("start ")] == ["start ganeti-noded", "start ganeti-masterd"]


def test_initscript_leaves_a_machine_without_cluster_alone(tmp_path: Path) -> None:
    assert _initscript(tmp_path, "start", config=1) == (0, ["check-config"])


def test_initscript_stops_in_reverse_order(tmp_path: Path) -> None:
    code, calls = _initscript(tmp_path, "stop")
    assert code == 0
    assert [call for call in calls if call.startswith("stop ")] == ["stop ganeti-masterd", "stop ganeti-noded"]


@pytest.mark.parametrize(("arguments", "expected"), [(("status",), 3), (("status", "ganeti-noded"), 0)])
def test_initscript_tells_what_runs(tmp_path: Path, arguments: tuple[str, ...], expected: int) -> None:
    assert _initscript(tmp_path, *arguments)[0] == expected


@pytest.mark.parametrize("arguments", [(), ("dance",), ("start", "sshd")])
def test_initscript_refuses_what_it_does_not_know(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    code, calls = _initscript(tmp_path, *arguments)
    assert code == 1
    assert not [call for call in calls if call.startswith("start ")]


@pytest.mark.skipif(shutil.which("logrotate") is None, reason="logrotate is not installed")
def test_logrotate_accepts_its_file(tmp_path: Path) -> None:
    prefixes = _install(tmp_path)
    command = ["logrotate", "--debug", f"{prefixes.sysconfdir}/logrotate.d/ganeti"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert result.returncode == 0
    assert "error:" not in result.stderr
