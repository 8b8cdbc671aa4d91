"""Daemons run as users of their own, files belong to them, and nobody else gets at secrets.

The tests follow the life of one cluster, in the order of the file.
"""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from test.cluster.virtual import IPOLICY, wait_for
from test.file_facts import Fact, file_facts, memberships
from test.lab.nodes import CLUSTER, Installation, Lab, Node

_PKGLIB = "/usr/lib/ganeti"
_DAEMON_UTIL = f"{_PKGLIB}/daemon-util"
_ENSURE_DIRS = f"{_PKGLIB}/ensure-dirs"
_USERS_SETUP = f"{_PKGLIB}/tools/users-setup"
_NODE_CLEANUP = f"{_PKGLIB}/node-cleanup"
_PREFIX = "gnt-"
_OWN_ACCOUNT = ("masterd", "confd", "rapi", "metad")
_DATA = "/var/lib/ganeti"
_STORAGE = ("/srv/ganeti/file-storage", "/srv/ganeti/shared-file-storage")

#: A person who may use the cluster, and one who may not.
_ADMIN = "alice"
_OTHER = "bob"

#: What everybody may read, below the directories of the program.
_PUBLIC = re.compile(
    r"/var/lib/ganeti/(ssconf_[\w-]+|known_hosts|watcher\.pause)|/run/ganeti/instance-reason/\S+|/etc/ganeti/.*"
)


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """Three nodes with the program as packages have it."""
    with Installation({"USER_PREFIX": _PREFIX}) as image, Lab(image, nodes=3) as nodes:
        for node in nodes.nodes:
            nodes.run(node, "mkdir", "-p", *_STORAGE)
            nodes.run(node, "tee", "/etc/ganeti/file-storage-paths", stdin="\n".join(_STORAGE))
        yield nodes


@dataclass(frozen=True)
class Found:
    """A file as ``stat`` shows it."""

    path: str
    mode: int
    owner: str
    group: str


def _account(role: str, roles: tuple[str, ...]) -> str:
    return f"{_PREFIX}{role}" if role in roles else "root"


def _stat(lab: Lab, node: Node, pattern: str) -> list[Found]:
    """Return the files of a node that match a shell pattern."""
    result = lab.run(node, "sh", "-c", f"stat --format='%a %U %G %n' {pattern}", check=False)
    lines = (line.split(" ", 3) for line in result.stdout.splitlines())
    return [Found(path, int(mode, 8), owner, group) for mode, owner, group, path in lines]


def _owner_of(fact: Fact, path: str) -> tuple[str, set[str]]:
    """Return the user, and the groups of which a file has one."""
    if fact.owner == "daemon user":
        user = _account(path.removesuffix(".pid").rpartition("-")[2], _OWN_ACCOUNT)
        return user, {user}
    user = _account(fact.owner, _OWN_ACCOUNT)
    group = _account(fact.group, (*_OWN_ACCOUNT, "daemons", "admin"))
    if path.endswith(".log"):
        # A daemon that makes its log may not be in the group that the next start gives it to.
        return user, {user, group}
    return user, {group}


def _deviations(lab: Lab, node: Node) -> tuple[list[str], set[str]]:
    """Return what is not as it should be on a node, and all paths that were looked at."""
    wrong: list[str] = []
    seen: set[str] = set()
    for fact in file_facts():
        for found in _stat(lab, node, fact.path):
            user, groups = _owner_of(fact, found.path)
            seen.add(found.path)
            if (found.mode, found.owner) != (fact.mode, user) or found.group not in groups:
                wrong.append(f"{found}, expected {fact.mode:o} {user} {sorted(groups)}")
    return wrong, seen


def _user_of_daemon(lab: Lab, node: Node, daemon: str) -> str:
    pid = lab.run(node, "cat", f"/var/run/ganeti/{daemon}.pid").stdout.strip()
    return lab.run(node, "ps", "-o", "user:32=", "-p", pid).stdout.strip()


def _as_user(lab: Lab, node: Node, user: str, *words: str) -> tuple[int | None, str]:
    result = lab.run(node, "runuser", "-u", user, "--", *words, check=False)
    return result.exit_code, result.output


def _master(lab: Lab) -> Node:
    name = lab.run(lab.nodes[0], "gnt-cluster", "getmaster").stdout.strip()
    return next(node for node in lab.nodes if node.name == name)


def test_without_accounts_nothing_starts_and_nothing_is_changed(lab: Lab) -> None:
    node = lab.nodes[0]
    for words in ((_ENSURE_DIRS,), (_DAEMON_UTIL, "start", "ganeti-noded"), ("ganeti-confd",)):
        result = lab.run(node, *words, check=False)
        assert result.exit_code == 1
        assert f"{_PREFIX}masterd does not exist, run " in result.output
    result = lab.run(node, "gnt-cluster", "init", "--master-netdev=br0", CLUSTER, check=False)
    assert result.failed
    assert not lab.run(node, "ls", _DATA).stdout


def test_accounts_are_created_once(lab: Lab) -> None:
    for node in lab.nodes:
        declined = lab.run(node, _USERS_SETUP, stdin="n\n", check=False)
        assert declined.exit_code == 1
        assert lab.run(node, "getent", "passwd", f"{_PREFIX}masterd", check=False).failed
        assert f"user {_PREFIX}masterd of group {_PREFIX}masterd" in lab.run(node, _USERS_SETUP, "--yes-do-it").stdout
        assert "exist" in lab.run(node, _USERS_SETUP, stdin="").stdout
        for user, group in memberships():
            if user in _OWN_ACCOUNT:
                assert _PREFIX + group in lab.run(node, "id", "-Gn", _PREFIX + user).stdout.split()
        lab.run(node, "useradd", "--groups", f"{_PREFIX}admin", _ADMIN)
        lab.run(node, "useradd", _OTHER)


def test_daemons_of_a_cluster_run_as_their_users(lab: Lab) -> None:
    first, *others = lab.nodes
    lab.run(
        first,
        *("gnt-cluster", "init", "--master-netdev=br0", "--enabled-hypervisors=fake"),
        *("--enabled-disk-templates=file,sharedfile,diskless", IPOLICY, CLUSTER),
    )
    key = lab.run(first, "cat", "/root/.ssh/id_rsa.pub").stdout
    for node in others:
        lab.run(node, "sh", "-c", "cat >> /root/.ssh/authorized_keys", stdin=key)
        lab.run(first, "gnt-node", "add", "--no-ssh-key-check", node.name)
    assert _user_of_daemon(lab, first, "ganeti-masterd") == f"{_PREFIX}masterd"
    for node in lab.nodes:
        assert _user_of_daemon(lab, node, "ganeti-confd") == f"{_PREFIX}confd"
        assert _user_of_daemon(lab, node, "ganeti-noded") == "root"
    # The master daemon changed the file of hosts, which is root's, through the node daemon.
    assert others[1].name in first.read("/etc/hosts")


def test_members_of_the_administrators_group_use_the_cluster(lab: Lab) -> None:
    first, second = lab.nodes[:2]
    script = "cd /srv/ganeti/os/empty; for name in create import export rename; do echo '#!/bin/sh' >$name; done"
    lab.run(first, "mkdir", "-p", "/srv/ganeti/os/empty")
    lab.run(first, "sh", "-c", f"{script}; echo 15 >ganeti_api_version; chmod 755 create import export rename")
    add = ("gnt-instance", "add", "-o", "empty", "--no-nics", "-B", "memory=64M,vcpus=1", "-n", first.name)
    code, output = _as_user(lab, first, _ADMIN, *add, "-t", "file", "--disk", "0:size=16M", "inst1.lab.example")
    assert code == 0, output
    code, output = _as_user(lab, first, _ADMIN, "gnt-instance", "list", "--no-headers", "-o", "name,status")
    assert (code, output.split()) == (0, ["inst1.lab.example", "running"])
    code, output = _as_user(lab, first, _ADMIN, *add, "-t", "diskless", "inst2.lab.example")
    assert code == 0, output
    failover = ("gnt-instance", "failover", "--force", "-n", second.name, "inst2.lab.example")
    code, output = _as_user(lab, first, _ADMIN, *failover)
    assert code == 0, output
    code, output = _as_user(lab, first, _ADMIN, "gnt-instance", "list", "--no-headers", "-o", "pnode,status", "inst2")
    assert (code, output.split()) == (0, [second.name, "running"])
    code, output = _as_user(lab, first, _OTHER, "gnt-instance", "list")
    assert code == 1
    assert "no permission" in output


def test_drain_flag_archive_and_pause_have_their_owners(lab: Lab) -> None:
    first = lab.nodes[0]
    _as_user(lab, first, _ADMIN, "gnt-cluster", "queue", "drain")
    _as_user(lab, first, _ADMIN, "gnt-cluster", "watcher", "pause", "1h")
    _as_user(lab, first, _ADMIN, "gnt-job", "archive", "1")
    wait_for(lambda: lab.nodes[1].path(f"{_DATA}/queue/drain").exists(), "the drain flag on the second node")
    for node in lab.nodes:
        wrong, seen = _deviations(lab, node)
        assert wrong == []
        assert {f"{_DATA}/queue/drain", f"{_DATA}/watcher.pause", f"{_DATA}/queue/archive/0/job-1"} <= seen
    code, output = _as_user(lab, first, _ADMIN, "gnt-cluster", "queue", "undrain")
    assert code == 0, output


def test_files_have_their_owners_after_the_master_moved(lab: Lab) -> None:
    old, new = lab.nodes[0], lab.nodes[1]
    lab.run(new, "gnt-cluster", "master-failover")
    assert _user_of_daemon(lab, new, "ganeti-masterd") == f"{_PREFIX}masterd"
    assert lab.run(old, "ps", "-u", f"{_PREFIX}masterd", "-o", "pid=", check=False).stdout.split() == []
    lab.run(new, "gnt-instance", "reboot", "inst1.lab.example")
    for node in lab.nodes:
        wrong, seen = _deviations(lab, node)
        assert wrong == []
        assert len(seen) > 60
        assert {f"{_DATA}/config.data", "/var/run/ganeti/ganeti-confd.pid", "/var/log/ganeti/conf-daemon.log"} < seen
    assert "/var/run/ganeti/socket/ganeti-query" in _deviations(lab, new)[1]


def test_files_have_their_owners_after_new_keys_were_made(lab: Lab) -> None:
    lab.run(
        _master(lab),
        *("gnt-cluster", "renew-crypto", "--force", "--new-cluster-certificate", "--new-confd-hmac-key"),
        *("--new-rapi-certificate", "--new-spice-certificate", "--new-cluster-domain-secret"),
    )
    for node in lab.nodes:
        assert _deviations(lab, node)[0] == []
    lab.run(_master(lab), "gnt-cluster", "verify-disks")


def test_new_name_of_the_cluster_is_known_everywhere(lab: Lab) -> None:
    master = _master(lab)
    lab.run(master, "gnt-cluster", "rename", "--force", "other.lab.example")
    for node in lab.nodes:
        assert node.read(f"{_DATA}/known_hosts").startswith("other.lab.example ssh-rsa ")
    lab.run(master, "gnt-cluster", "rename", "--force", CLUSTER)


def test_a_file_that_only_root_reads_is_a_warning(lab: Lab) -> None:
    master = _master(lab)
    others = [node for node in lab.nodes if node is not master]
    users = f"{_DATA}/rapi/users"
    lab.run(master, "sh", "-c", f"umask 077; echo 'someone password write' > {users}")
    output = lab.run(master, "gnt-cluster", "redist-conf").output
    assert f"{users} cannot be copied to the other nodes" in output
    assert not any(node.path(users).exists() for node in others)
    # The start of any daemon does that, too.
    lab.run(master, _ENSURE_DIRS)
    lab.run(master, "gnt-cluster", "redist-conf")
    for node in others:
        assert _stat(lab, node, users) == [Found(users, 0o640, f"{_PREFIX}rapi", f"{_PREFIX}masterd")]


@pytest.mark.parametrize("user", [_OTHER, _ADMIN])
def test_nobody_reads_secrets(lab: Lab, user: str) -> None:
    places = ("/var/lib/ganeti/", "/var/log/ganeti/", "/run/ganeti/", "/etc/ganeti/")
    for node in lab.nodes:
        _, output = _as_user(lab, node, user, "find", *places, "-type", "f", "-readable")
        readable = [line for line in output.splitlines() if line.startswith("/") and "Permission denied" not in line]
        assert f"{_DATA}/ssconf_cluster_name" in readable
        assert [path for path in readable if not _PUBLIC.fullmatch(path)] == []


@pytest.mark.parametrize(
    ("role", "readable", "secret"),
    [
        ("confd", ("hmac.key", "config.data"), ("server.pem", "client.pem", "rapi.pem", "cluster-domain-secret")),
        ("rapi", ("rapi.pem",), ("server.pem", "client.pem", "config.data", "hmac.key", "cluster-domain-secret")),
        ("masterd", ("server.pem", "client.pem", "rapi.pem", "hmac.key", "spice.pem"), ("ganeti_pub_keys",)),
    ],
)
def test_daemons_read_what_they_need(lab: Lab, role: str, readable: tuple[str, ...], secret: tuple[str, ...]) -> None:
    node = lab.nodes[0]
    for name in readable:
        assert _as_user(lab, node, f"{_PREFIX}{role}", "cat", f"{_DATA}/{name}")[0] == 0, name
    for name in secret:
        code, output = _as_user(lab, node, f"{_PREFIX}{role}", "cat", f"{_DATA}/{name}")
        assert (code, "Permission denied" in output) == (1, True), name


@pytest.mark.parametrize(
    ("daemon", "user"),
    [
        ("ganeti-masterd", "root"),
        ("ganeti-confd", "root"),
        ("ganeti-noded", f"{_PREFIX}masterd"),
        ("ganeti-masterd", f"{_PREFIX}confd"),
    ],
)
def test_daemons_refuse_another_user(lab: Lab, daemon: str, user: str) -> None:
    node = _master(lab)
    wanted = {"ganeti-masterd": f"{_PREFIX}masterd", "ganeti-confd": f"{_PREFIX}confd", "ganeti-noded": "root"}[daemon]
    own, expected = (lab.run(node, "id", "-u", name).stdout.strip() for name in (user, wanted))
    code, output = _as_user(lab, node, user, daemon)
    assert code == 1
    assert f"({own}), expected {expected}" in output


def test_what_was_damaged_is_repaired_and_then_left_alone(lab: Lab) -> None:
    node = lab.nodes[2]
    lab.run(node, "find", "/var/log/ganeti", _DATA, "/run/ganeti", "-execdir", "chown", "-h", f"{_OTHER}:", "{}", "+")
    lab.run(node, "find", _DATA, "-type", "f", "-execdir", "chmod", "0666", "{}", "+")
    archived = f"{_DATA}/queue/archive/0/job-1"
    lab.run(node, _ENSURE_DIRS)
    (found,) = _stat(lab, node, archived)
    assert (found.mode, found.owner) == (0o666, _OTHER)
    lab.run(node, _ENSURE_DIRS, "--full-run")
    ensured = {fact.path for fact in file_facts() if fact.is_ensured}
    wrong = [text for text in _deviations(lab, node)[0] if re.match(r"Found\(path='([^']+)'", text)[1] in ensured]  # type: ignore[index]
    assert wrong == []
    (found,) = _stat(lab, node, archived)
    assert (found.mode, found.owner, found.group) == (0o640, f"{_PREFIX}masterd", f"{_PREFIX}daemons")
    assert not lab.run(node, _ENSURE_DIRS, "--full-run", "--verbose").output
    # It runs before every start of a daemon.
    started = time.monotonic()
    lab.run(node, _ENSURE_DIRS)
    assert time.monotonic() - started < 10


def test_cleaner_runs_as_the_users_that_cron_gives_it(lab: Lab) -> None:
    node = _master(lab)
    archived = f"{_DATA}/queue/archive/0/job-1"
    lab.run(node, "touch", "--date=-23 days", archived)
    lines = [line.split() for line in node.read("/etc/cron.d/ganeti").splitlines() if "ganeti-cleaner" in line]
    assert {(words[5], words[-1]) for words in lines} == {(f"{_PREFIX}masterd", "master"), ("root", "node")}
    for words in lines:
        code, output = _as_user(lab, node, words[5], "ganeti-cleaner", words[-1])
        assert (code, output) == (0, "")
    assert not node.path(archived).exists()
    assert _deviations(lab, node)[0] == []
    for directory, user in (("cleaner", "root"), ("master-cleaner", f"{_PREFIX}masterd")):
        (log,) = _stat(lab, node, f"/var/log/ganeti/{directory}/cleaner-*.log")
        assert log.owner == user
        assert not log.mode & 0o007


def test_logs_are_opened_anew_by_their_users(lab: Lab) -> None:
    node = _master(lab)
    logs = {"ganeti-confd": "conf-daemon", "ganeti-masterd": "master-daemon", "ganeti-noded": "node-daemon"}
    for name in logs.values():
        lab.run(node, "mv", f"/var/log/ganeti/{name}.log", f"/var/log/ganeti/{name}.log.1")
    lab.run(node, _DAEMON_UTIL, "rotate-all-logs")
    for daemon, name in logs.items():
        path = node.path(f"/var/log/ganeti/{name}.log")
        wait_for(path.exists, f"a new log of {daemon}")
        (found,) = _stat(lab, node, f"/var/log/ganeti/{name}.log")
        assert (found.mode, found.owner) == (0o600, _user_of_daemon(lab, node, daemon))
    stopped = lab.run(node, _DAEMON_UTIL, "rotate-logs", "ganeti-rapi", check=False)
    assert (stopped.exit_code, stopped.output) == (1, "ganeti-rapi does not run\n")


def test_node_without_accounts_is_not_added(lab: Lab) -> None:
    master, leaving = _master(lab), lab.nodes[2]
    lab.run(master, "gnt-node", "remove", leaving.name)
    # The program kept the names of the nodes in this file, and removed this one.
    lab.run(master, "tee", "/etc/hosts", stdin=lab.hosts_text())
    lab.run(leaving, "userdel", f"{_PREFIX}confd")
    key = lab.run(master, "cat", "/root/.ssh/id_rsa.pub").stdout
    lab.run(leaving, "sh", "-c", "cat >> /root/.ssh/authorized_keys", stdin=key)
    result = lab.run(master, "gnt-node", "add", "--no-ssh-key-check", leaving.name, check=False)
    assert result.failed
    assert f"User {_PREFIX}confd does not exist" in result.output
    assert not leaving.path(f"{_DATA}/server.pem").exists()
    lab.run(leaving, _USERS_SETUP, "--yes-do-it")
    lab.run(master, "gnt-node", "add", "--no-ssh-key-check", leaving.name)
    assert _deviations(lab, leaving)[0] == []


def test_master_daemon_that_cannot_let_confd_read_does_not_start(lab: Lab) -> None:
    master = _master(lab)
    lab.run(master, "gpasswd", "--delete", f"{_PREFIX}masterd", f"{_PREFIX}confd")
    lab.run(master, _DAEMON_UTIL, "stop", "ganeti-luxid")
    assert not master.path("/run/ganeti/ganeti-masterd.pid").exists()
    result = lab.run(master, _DAEMON_UTIL, "start", "ganeti-masterd", check=False)
    assert result.exit_code == 1
    assert f"{_PREFIX}masterd is not in the group {_PREFIX}confd, run " in result.output
    lab.run(master, _USERS_SETUP, "--yes-do-it")
    lab.run(master, _DAEMON_UTIL, "start-all")
    lab.run(master, "gnt-cluster", "master-ping")


def test_cleanup_leaves_no_daemon_and_no_secret(lab: Lab) -> None:
    node = lab.nodes[2]
    assert lab.run(node, _NODE_CLEANUP, check=False).exit_code == 1
    assert node.path(f"{_DATA}/server.pem").exists()
    lab.run(node, _NODE_CLEANUP, "--yes-do-it")
    for daemon in ("ganeti-noded", "ganeti-confd"):
        assert lab.run(node, _DAEMON_UTIL, "check", daemon, check=False).exit_code == 1
    assert lab.run(node, _DAEMON_UTIL, "check-config", check=False).exit_code == 1
    _, output = _as_user(lab, node, f"{_PREFIX}masterd", "find", _DATA, "-type", "f", "-readable")
    left = [line for line in output.splitlines() if line.startswith("/") and "Permission denied" not in line]
    assert [path for path in left if not path.endswith(("/watcher.pause", "/queue/lock", "/rapi/users"))] == []
