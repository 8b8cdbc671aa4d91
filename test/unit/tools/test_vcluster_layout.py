"""Names, addresses and files of a virtual cluster."""

import subprocess
from pathlib import Path

import pytest

from ganeti import buildcfg
from ganeti.tools import vcluster_layout as vl
from ganeti.tools.common import ToolError


def layout(**changes: object) -> vl.Layout:
    return vl.Layout(**{"directory": "/v", "nodes": 3, "instances": 2, **changes})  # type: ignore[arg-type]


def test_addresses_follow_the_documented_ranges() -> None:
    made = layout(nodes=90, instances=155)
    assert made.cluster.address == "192.0.2.1"
    assert made.node_hosts[0].address == "192.0.2.10"
    assert made.node_hosts[-1].address == "192.0.2.99"
    assert made.instance_hosts[0].address == "192.0.2.100"
    assert made.instance_hosts[-1].address == "192.0.2.254"


def test_domain_is_part_of_every_name() -> None:
    made = layout(domain="a.test")
    assert [host.name for host in made.node_hosts] == ["node1.a.test", "node2.a.test", "node3.a.test"]
    assert "192.0.2.1\tcluster.a.test\n" in vl.hosts_text(made)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"nodes": 0}, "nodes"),
        ({"nodes": 91}, "nodes"),
        ({"instances": 156}, "instances"),
        ({"prefix": "192.0"}, "prefix"),
        ({"prefix": "192.0.256"}, "prefix"),
        ({"domain": "A_b"}, "domain"),
        ({"directory": "/with blank"}, "blank"),
        ({"directory": "/" + "d" * 60}, "too long"),
    ],
)
def test_what_cannot_work_is_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ToolError, match=message):
        vl.validate(layout(**changes))


def test_scripts_are_good_shell(tmp_path: Path) -> None:
    made = layout(directory=str(tmp_path))
    texts = {**vl.script_texts(made), "env": vl.env_text(made, made.node_hosts[0])}
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
        assert subprocess.run(["/bin/sh", "-n", tmp_path / name], check=False).returncode == 0, name


def test_all_node_daemons_run_before_the_first_master_daemon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buildcfg, "PKGLIBDIR", str(tmp_path))
    monkeypatch.setattr(buildcfg, "TOOLSDIR", str(tmp_path))
    made = layout(directory=str(tmp_path))
    calls = tmp_path / "calls"
    # Node 3 belongs to no cluster yet.
    outside = '[ "$1" != check-config ] || [ "$NODE" != node3 ] || exit 1'
    programs = {
        "daemon-util": f"#!/bin/sh\n{outside}\necho $NODE $* >>{calls}\n",
        "vcluster-setup": "#!/bin/sh\n",
        "start-all": vl.script_texts(made)["start-all"],
        **{f"{node.name}/cmd": f'#!/bin/sh\nNODE={node.name} exec "$@"\n' for node in made.node_hosts},
    }
    for name, text in programs.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    subprocess.run([tmp_path / "start-all"], check=True, capture_output=True)
    started = [line for line in calls.read_text().splitlines() if not line.endswith("check-config")]
    assert started == ["node1 start ganeti-noded", "node2 start ganeti-noded", "node1 start-all", "node2 start-all"]


def test_own_start_program_gets_whole_nodes_only() -> None:
    text = vl.script_texts(layout(initscript="/etc/init.d/ganeti"))["start-all"]
    assert "/etc/init.d/ganeti start" in text
    assert "ganeti-noded" not in text


def test_env_sets_the_node_and_puts_programs_on_path_once(tmp_path: Path) -> None:
    made = layout(directory=str(tmp_path))
    env = tmp_path / "env"
    env.write_text(vl.env_text(made, made.node_hosts[1]))
    script = f'. {env}; first=$PATH; . {env}; [ "$PATH" = "$first" ] && echo "$GANETI_HOSTNAME $GANETI_ROOTDIR"'
    result = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, check=True)
    assert result.stdout == f"node2 {tmp_path}/node2\n"


def test_nodes_find_the_programs_of_the_version_that_each_uses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buildcfg, "IS_INSTALLED", True)
    made = layout()
    assert 'PATH="/v/node2/etc/ganeti/lib/sbin:/v/node2/etc/ganeti/lib:' in vl.env_text(made, made.node_hosts[1])
    for text in vl.script_texts(made).values():
        assert f"{buildcfg.PKGLIBDIR}/daemon-util" not in text
