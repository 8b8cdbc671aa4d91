"""Bash completion: what a user gets to see after pressing the tab key."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ganeti.tools import bash_completion

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")

#: Calls the function that bash would call with the cursor at the end of the line.
_DRIVER = r"""
. "$1" || exit 1
COMP_LINE=$2 COMP_POINT=${#2} COMP_WORDBREAKS=$3
program=${COMP_LINE%% *}
function=$(complete -p "$program" | sed 's/.*-F \([^ ]*\) .*/\1/')
$function
printf '%s\n' "${COMPREPLY[@]}"
"""
_USUAL_BREAKS = " \t\n\"'><=;|&(:"


class Shell:
    """A bash on a node with two nodes, instances and jobs; *root* is that of its virtual cluster."""

    def __init__(self, file: Path, root: Path) -> None:
        self._file = file
        self._root = root

    def complete(self, line: str, breaks: str = _USUAL_BREAKS) -> list[str]:
        """Return the words offered for the end of *line*, sorted."""
        command = ["bash", "--norc", "-c", _DRIVER, "bash", str(self._file), line, breaks]
        environment = {"PATH": "/usr/bin:/bin", "GANETI_ROOTDIR": str(self._root), "TMPDIR": str(self._root)}
        result = subprocess.run(
            command, env=environment, cwd=self._root, capture_output=True, text=True, timeout=30, check=False
        )
        assert result.stderr == ""
        return sorted(result.stdout.split())


@pytest.fixture(scope="module")
def completion(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("completions")
    assert bash_completion.main([str(directory)]) == 0
    return directory


@pytest.fixture
def shell(completion: Path, tmp_path: Path) -> Iterator[Shell]:
    data = tmp_path / "var/lib/ganeti"
    (data / "queue").mkdir(parents=True)
    for number in (7, 12):
        (data / f"queue/job-{number}").touch()
    (data / "queue/serial").touch()
    (data / "ssconf_node_list").write_text("node1\nnode2\n", encoding="utf-8")
    (data / "ssconf_instance_list").write_text("web1\nweb2\ndb1\n", encoding="utf-8")
    (data / "ssconf_nodegroups").write_text("5cf6b55a-0000 default\n5cf6b55b-0000 rack 2\n", encoding="utf-8")
    (data / "ssconf_networks").write_text("1f-00 lan\n", encoding="utf-8")
    (tmp_path / "a-file").touch()
    yield Shell(completion / "ganeti", tmp_path)


def test_bash_finds_the_file_under_the_name_of_each_program(completion: Path) -> None:
    assert {path.name for path in completion.iterdir()} == {"ganeti", *bash_completion.programs()}
    assert (completion / "gnt-node").resolve() == (completion / "ganeti").resolve()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("gnt-node mi", ["migrate"]),
        ("gnt-instance start", ["start", "startup"]),
        ("gnt-instance console ", ["db1", "web1", "web2"]),
        ("gnt-instance migrate web", ["web1", "web2"]),
        ("gnt-instance migrate -f -n ", ["node1", "node2"]),
        ("gnt-instance migrate --target-node=", ["node1", "node2"]),
        ("gnt-instance migrate -n node1 d", ["db1"]),
        ("gnt-instance migrate web1 ", []),
        ("gnt-instance migrate -- w", ["web1", "web2"]),
        ("gnt-instance migrate --target-", ["--target-node"]),
        ("gnt-instance add -n nod", ["node1", "node2"]),
        ("gnt-instance add -n node1:", ["node2"]),
        ("gnt-job info 1", ["12"]),
        ("gnt-job cancel 7 ", ["12", "7"]),
        ("gnt-group list de", ["default"]),
        ("gnt-network info ", ["lan"]),
        ("gnt-node modify --drained=", ["no", "yes"]),
        ("gnt-node modify --offline y", ["yes"]),
        ("gnt-node migrate --priority=h", ["high"]),
        ("gnt-node power c", ["cycle"]),
        ("gnt-node no-such-command ", []),
        ("gnt-cluster copyfile a", ["a-file"]),
        ("gnt-os info busybox", ["busybox", "busybox+default", "busybox+quiet"]),
        ("gnt-instance add -o busybox+d", ["busybox+default"]),
        ("ganeti-cleaner ", ["master", "node"]),
        ("ganeti-confd --sys", ["--syslog"]),
        ("ganeti-confd --syslog=o", ["only"]),
    ],
)
def test_words_are_offered(shell: Shell, line: str, expected: list[str]) -> None:
    assert shell.complete(line) == expected


def test_words_are_whole_where_bash_does_not_split(shell: Shell) -> None:
    assert shell.complete("gnt-instance add -n node1:", " \t\n") == ["node1:node2"]
    assert shell.complete("gnt-node modify --drained=y", " \t\n") == ["--drained=yes"]


def test_options_include_those_of_every_sub_command(shell: Shell) -> None:
    assert {"--debug", "--help", "--reason", "--no-headers"} <= set(shell.complete("gnt-node list --"))


def test_all_sub_commands_are_offered(shell: Shell) -> None:
    from ganeti.client.gnt_cluster import PROGRAM

    assert shell.complete("gnt-cluster ") == sorted([*PROGRAM.by_name, "--help", "--version"])


def test_names_in_files_are_never_run(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "var/lib/ganeti/ssconf_instance_list").write_text("$(touch run)\n", encoding="utf-8")
    shell.complete("gnt-instance console ")
    assert not (tmp_path / "run").exists()


def test_machine_outside_of_a_cluster_offers_no_names(completion: Path, tmp_path: Path) -> None:
    assert Shell(completion / "ganeti", tmp_path).complete("gnt-node info ") == []
