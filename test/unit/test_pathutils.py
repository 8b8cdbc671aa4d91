"""Paths in virtual clusters. The module reads its environment once, so each case runs in a process of its own."""

import sys

import pytest

from ganeti.pathutils import VirtualClusterError, read_virtual_environment
from ganeti.utils.process import CmdResult, run_cmd


def _run(code: str, *, virtual: bool) -> CmdResult:
    env = {"PYTHONPATH": ":".join(sys.path)}
    if virtual:
        env |= {"GANETI_ROOTDIR": "/cluster/node1", "GANETI_HOSTNAME": "node1"}
    script = f"from ganeti import pathutils as p\n{code}"
    return run_cmd([sys.executable, "-c", script], timeout_s=60, env=env, reset_env=True)


def test_state_of_a_virtual_node_is_below_its_root() -> None:
    result = _run("print(p.DATA_DIR, p.CONF_DIR, p.ETC_HOSTS)", virtual=True)
    assert result.stdout.split() == ["/cluster/node1/var/lib/ganeti", "/cluster/node1/etc/ganeti", "/etc/hosts"]
    assert _run("print(p.DATA_DIR)", virtual=False).stdout.split() == ["/var/lib/ganeti"]


def test_paths_travel_in_virtual_form() -> None:
    result = _run("v = p.to_virtual(p.DATA_DIR + '/x'); print(v, p.from_virtual(v))", virtual=True)
    assert result.stdout.split() == ["/###-VIRTUAL-PATH-###,/var/lib/ganeti/x", "/cluster/node1/var/lib/ganeti/x"]


@pytest.mark.parametrize(
    ("path", "virtual"),
    [
        ("/var/lib/ganeti/x", True),
        ("/###-VIRTUAL-PATH-###,/../../etc/shadow", True),
        ("/###-VIRTUAL-PATH-###,/var/lib/ganeti/x", False),
    ],
)
def test_paths_of_the_wrong_form_are_refused(path: str, virtual: bool) -> None:
    result = _run(f"p.from_virtual({path!r})", virtual=virtual)
    assert result.failed and "ValueError" in result.stderr


@pytest.mark.parametrize(
    "environ",
    [
        {"GANETI_ROOTDIR": "/cluster/node1"},
        {"GANETI_HOSTNAME": "node1"},
        {"GANETI_ROOTDIR": "cluster/node1", "GANETI_HOSTNAME": "node1"},
        {"GANETI_ROOTDIR": "/cluster/node2", "GANETI_HOSTNAME": "node1"},
        {"GANETI_ROOTDIR": "/cluster/../node1", "GANETI_HOSTNAME": "node1"},
    ],
)
def test_half_a_virtual_environment_is_refused(environ: dict[str, str]) -> None:
    with pytest.raises(VirtualClusterError):
        read_virtual_environment(environ)
