"""Command lines and host names of ssh."""

import pytest

from ganeti.utils.ssh import SshTarget, hostname_problem, shell_argv


@pytest.mark.parametrize(
    ("found", "problem"),
    [
        ("node1.example.com", None),
        ("node1", "hostname not fully qualified: it says that it is 'node1', expected is 'node1.example.com'"),
        ("node1.example", "hostname not fully qualified: it says that it is 'node1.example', expected is"),
        ("node2.example.com", "hostname mismatch: it says that it is 'node2.example.com', expected is"),
        ("node", "hostname mismatch: it says that it is 'node', expected is"),
        ("", "hostname mismatch: it says that it is ''"),
    ],
)
def test_a_host_must_give_its_full_name(found: str, problem: str | None) -> None:
    text = hostname_problem("node1.example.com", found)
    assert text is None if problem is None else str(text).startswith(problem)


def test_only_the_host_key_of_the_cluster_is_trusted_and_nothing_is_asked() -> None:
    argv = shell_argv(SshTarget(node="n1", cluster="c", port=2222, is_ipv6=True), "true")
    assert {"-oHostKeyAlias=c", "-oStrictHostKeyChecking=yes", "-oBatchMode=yes", "-oPort=2222", "-6"} <= set(argv)
    assert argv[-2:] == ["root@n1", "true"]
