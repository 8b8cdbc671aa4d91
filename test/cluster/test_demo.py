"""What a newcomer does first: the demo with a real guest, twice, the cluster it leaves, and its end."""

import contextlib
import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ganeti.utils.net import own_addresses
from ganeti.utils.process import CmdResult, run_cmd

TREE = Path(__file__).resolve().parent.parent.parent
DOMAIN = f"d{os.getpid()}.test"
#: Under software emulation on two busy cores, with the guest's image still to be built.
DEMO_TIMEOUT_S = 280.0


def demo(*words: str) -> CmdResult:
    return run_cmd([f"{TREE}/tools/demo", *words], timeout_s=DEMO_TIMEOUT_S)


@pytest.fixture(scope="module")
def directory() -> Iterator[str]:
    """Where the demo lives; stopped and removed at the end, whatever happened."""
    path = tempfile.mkdtemp(prefix="gdemo-")
    yield path
    demo("stop", path)
    with contextlib.suppress(FileNotFoundError):
        os.rmdir(path)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("attempt", ["first", "second"])
def test_guest_counts_on_while_it_is_migrated(directory: str, attempt: str) -> None:
    result = demo("run", "-D", DOMAIN, directory)
    assert result.exit_code == 0, f"{attempt} run\n{result.output}"
    counts = re.search(r"Counter before the migration: (\d+), after it: (\d+)", result.stdout)
    assert counts is not None, result.output
    assert int(counts[1]) < int(counts[2])
    for text in ("instance1.* login:", r"running +128M", rf"\. {directory}/env", "make demo-stop"):
        assert re.search(text, result.stdout), f"{text!r} is missing in:\n{result.output}"


def test_environment_file_makes_the_cluster_usable(directory: str) -> None:
    script = f". {directory}/env && gnt-instance list --no-headers -o name,pnode,status"
    listed = run_cmd(["/bin/sh", "-c", script], timeout_s=60).stdout.split()
    assert listed == [f"instance1.{DOMAIN}", f"node2.{DOMAIN}", "running"]


def test_cluster_of_the_demo_verifies(directory: str) -> None:
    result = run_cmd([f"{directory}/node1.{DOMAIN}/cmd", "gnt-cluster", "verify"], timeout_s=120)
    assert result.exit_code == 0, result.output


def test_stop_leaves_nothing_behind(directory: str) -> None:
    addresses = {line.split()[0] for line in Path("/etc/hosts").read_text().splitlines() if DOMAIN in line}
    assert demo("stop", directory).exit_code == 0
    assert not os.path.exists(directory)
    assert DOMAIN not in Path("/etc/hosts").read_text()
    assert addresses
    assert not addresses & own_addresses()
    assert demo("stop", directory).exit_code == 0


def test_directory_with_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("precious")
    for action in ("run", "stop"):
        assert demo(action, str(tmp_path)).exit_code == 1
    assert (tmp_path / "mine").read_text() == "precious"
