"""``gnt-cluster verify`` and SSH: each way to break a node is reported, and nothing else."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from test.lab.nodes import Installation, Lab, Node
from test.lab.ssh_cluster import AUTHORIZED, PUBLIC_KEYS, Finding, SshCluster, own_key

PRIVATE = "/root/.ssh/id_rsa"
PUBLIC = "/root/.ssh/id_rsa.pub"
HOSTS = "/etc/hosts"

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def cluster(installation: Installation) -> Iterator[SshCluster]:
    """node1 is the master, node2 a candidate, node3 is none."""
    with Lab(installation, nodes=3) as lab:
        made = SshCluster(lab, lab.nodes[0])
        made.init("--candidate-pool-size=2")
        for node in lab.nodes[1:]:
            made.add(node)
        yield made


@dataclass
class Breakage:
    """Breaks things on nodes, and mends them at the end."""

    cluster: SshCluster
    _undo: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    def keep(self, node: Node, path: str) -> Path:
        """Return a file of a node that will be there again afterwards as it is now."""
        file = node.path(path)
        content, mode = file.read_bytes(), file.stat().st_mode & 0o7777

        def restore() -> None:
            if file.is_dir():
                file.rmdir()
            file.write_bytes(content)
            file.chmod(mode)

        self._undo.callback(restore)
        return file

    def stop_sshd(self, node: Node) -> None:
        """Stop the SSH daemon of a node."""
        self._undo.callback(self.cluster.lab.run, node, "service", "ssh", "start")
        self.cluster.lab.run(node, "service", "ssh", "stop")

    def restart_sshd(self, node: Node) -> None:
        """Restart the SSH daemon of a node, now and after the files are restored."""
        self.cluster.lab.run(node, "service", "ssh", "restart")
        # The stack runs backwards; this one must come after the files.
        rest = self._undo.pop_all()
        self._undo.callback(self.cluster.lab.run, node, "service", "ssh", "restart")
        self._undo.push(rest)

    def mend(self) -> None:
        """Undo everything."""
        self._undo.close()


@pytest.fixture
def breakage(cluster: SshCluster) -> Iterator[Breakage]:
    """For a cluster in which nothing is wrong."""
    assert cluster.findings("--verify-ssh-clutter") == []
    made = Breakage(cluster)
    yield made
    made.mend()


def edit(path: Path, change: Callable[[str], str]) -> None:
    """Change a text file in place."""
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")


def without_line(part: str) -> Callable[[str], str]:
    """Return what drops the lines with *part*, of which there must be some."""

    def change(text: str) -> str:
        assert part in text
        return "".join(line for line in text.splitlines(keepends=True) if part not in line)

    return change


def lose(number: int, path: str) -> Callable[[Breakage], None]:
    """Remove a file of a node."""

    def apply(breakage: Breakage) -> None:
        breakage.keep(breakage.cluster.lab.nodes[number - 1], path).unlink()

    return apply


def spoil(path: str, change: Callable[[SshCluster, str], str], number: int = 3) -> Callable[[Breakage], None]:
    """Change a file of a node."""

    def apply(breakage: Breakage) -> None:
        cluster = breakage.cluster
        edit(breakage.keep(cluster.lab.nodes[number - 1], path), lambda text: change(cluster, text))

    return apply


def _drop_key_of(number: int) -> Callable[[SshCluster, str], str]:
    return lambda cluster, text: without_line(own_key(cluster.lab.nodes[number - 1]))(text)


def _own_key_replaced(cluster: SshCluster, text: str) -> str:
    own = cluster.lab.nodes[2]
    return text.replace(own_key(own), own_key(cluster.lab.nodes[1]))


def _second_own_key(cluster: SshCluster, text: str) -> str:
    return f"{text}{cluster.uuid(cluster.lab.nodes[2])} ssh-rsa AAAAold root@node3\n"


def _make_unreadable(breakage: Breakage) -> None:
    file = breakage.keep(breakage.cluster.lab.nodes[2], PUBLIC)
    file.unlink()
    file.mkdir()


def _change_host_key(breakage: Breakage) -> None:
    node = breakage.cluster.lab.nodes[2]
    key = breakage.keep(node, "/etc/ssh/ssh_host_rsa_key")
    breakage.keep(node, "/etc/ssh/ssh_host_rsa_key.pub")
    key.unlink()
    words = ("ssh-keygen", "-q", "-t", "rsa", "-N", "", "-f", "/etc/ssh/ssh_host_rsa_key")
    breakage.cluster.lab.run(node, *words, stdin="y\n")
    breakage.restart_sshd(node)


def to(*sources: int, target: int, text: str) -> list[Finding]:
    """Return the findings of candidates that cannot reach a node."""
    return [_at(n, f"ssh communication with node 'node{target}.lab.example': {text}") for n in sources]


def _at(number: int, text: str, code: str = "ENODESSH") -> Finding:
    return Finding(code, f"node{number}", text)


_SSH_FAILED = "ssh problem: exited with exit code 255, output: "
_DENIED = f"{_SSH_FAILED}root@node3.lab.example: Permission denied"
_REFUSED = f"{_SSH_FAILED}ssh: connect to host node3.lab.example port 22: Connection refused"
_OTHER_HOSTS = Finding("ECLUSTERFILECHECK", "None", f"file {HOSTS} found with 2 different checksums")

#: (what is broken, how, findings whose texts begin like that)
CASES: list[tuple[str, Callable[[Breakage], None], Sequence[Finding]]] = [
    ("no private key", lose(3, PRIVATE), [_at(3, f"the file {PRIVATE} does not exist")]),
    ("no public key", lose(3, PUBLIC), [_at(3, f"the file {PUBLIC} does not exist")]),
    (
        "no authorized keys",
        lose(3, AUTHORIZED),
        [_at(3, f"the file {AUTHORIZED} does not exist"), *to(1, 2, target=3, text=_DENIED)],
    ),
    ("no keys of the nodes", lose(3, PUBLIC_KEYS), [_at(3, f"the file {PUBLIC_KEYS} does not exist")]),
    ("no answer", _make_unreadable, [_at(3, "node hasn't returned the result of the check 'ssh-setup'")]),
    (
        "key of a node not listed",
        spoil(PUBLIC_KEYS, _drop_key_of(2)),
        [_at(3, f"{PUBLIC_KEYS} has no key of node node2.lab.example")],
    ),
    (
        "key of a stranger listed",
        spoil(PUBLIC_KEYS, lambda cluster, text: f"{text}stranger ssh-rsa AAAA x@y\n"),
        [_at(3, f"{PUBLIC_KEYS} has a key of stranger, which is no node")],
    ),
    (
        "two own keys",
        spoil(PUBLIC_KEYS, _second_own_key),
        [_at(3, f"{PUBLIC_KEYS} has 2 keys of this node")],
    ),
    (
        "another own key",
        spoil(PUBLIC_KEYS, _own_key_replaced),
        [_at(3, f"{PUBLIC_KEYS} has another key of this node than {PUBLIC}")],
    ),
    (
        "candidate not admitted",
        spoil(AUTHORIZED, _drop_key_of(2)),
        [
            _at(3, f"{AUTHORIZED} lacks the key of master candidate node2.lab.example"),
            *to(2, target=3, text=_DENIED),
        ],
    ),
    ("own key not admitted", spoil(AUTHORIZED, _drop_key_of(3)), [_at(3, f"{AUTHORIZED} lacks the key of this node")]),
    (
        "admitted without being a candidate",
        spoil(AUTHORIZED, lambda cluster, text: f"{text}{own_key(cluster.lab.nodes[2])}\n", number=2),
        [_at(2, f"{AUTHORIZED} has the key of node node3.lab.example, which is no master candidate")],
    ),
    (
        "several keys of one account",
        spoil(AUTHORIZED, lambda cluster, text: f"{text}ssh-rsa AAAAold root@node1\n"),
        [_at(3, f"{AUTHORIZED} has 2 keys of root@node1")],
    ),
    (
        "no daemon",
        lambda breakage: breakage.stop_sshd(breakage.cluster.lab.nodes[2]),
        to(1, 2, target=3, text=_REFUSED),
    ),
    (
        "another host key",
        _change_host_key,
        to(1, 2, target=3, text=f"{_SSH_FAILED}@@@@"),
    ),
    (
        "name not fully qualified",
        spoil(HOSTS, lambda cluster, text: text.replace("node3.lab.example node3", "node3 node3.lab.example")),
        [
            _OTHER_HOSTS,
            *to(1, 2, target=3, text="hostname not fully qualified: it says that it is 'node3'"),
        ],
    ),
    (
        "another name",
        spoil(HOSTS, lambda cluster, text: text.replace("node3.lab.example node3", "moon.lab.example node3")),
        [
            _OTHER_HOSTS,
            *to(1, 2, target=3, text="hostname mismatch: it says that it is 'moon.lab.example'"),
            _at(3, "the node is not among those that the master listed: moon.lab.example"),
        ],
    ),
]


@pytest.mark.parametrize(("what", "apply", "expected"), CASES, ids=[case[0] for case in CASES])
def test_each_deviation_is_reported_and_nothing_else(
    breakage: Breakage, what: str, apply: Callable[[Breakage], None], expected: Sequence[Finding]
) -> None:
    apply(breakage)
    found = breakage.cluster.findings("--verify-ssh-clutter")
    wanted = sorted(expected)
    assert [f[:2] for f in found] == [f[:2] for f in wanted], found
    for finding, beginning in zip(found, wanted, strict=True):
        assert finding.text.startswith(beginning.text)


def test_superfluous_keys_are_only_looked_for_when_asked(breakage: Breakage) -> None:
    file = breakage.keep(breakage.cluster.lab.nodes[2], AUTHORIZED)
    edit(file, lambda text: f"{text}ssh-rsa AAAAold root@node1\n")
    assert breakage.cluster.findings() == []


def test_candidates_try_their_group_and_one_node_of_each_other(breakage: Breakage) -> None:
    cluster = breakage.cluster
    node1, node2, node3 = cluster.lab.nodes
    cluster.run("gnt-group", "add", "others")
    try:
        cluster.run("gnt-group", "assign-nodes", "others", node2.name, node3.name)
        breakage.stop_sshd(node3)
        # node1 takes the first node of the other group; node2 is in the same group as the broken one.
        assert cluster.findings("--node-group=default") == []
        (finding,) = cluster.findings("--node-group=others")
        assert finding.item == "node2"
        breakage.mend()
        breakage.stop_sshd(node2)
        (finding,) = cluster.findings("--node-group=default")
        assert (finding.item, "node2.lab.example" in finding.text) == ("node1", True)
    finally:
        cluster.run("gnt-group", "assign-nodes", "default", node2.name, node3.name)
        cluster.run("gnt-group", "remove", "others")
    assert node1 is cluster.master
