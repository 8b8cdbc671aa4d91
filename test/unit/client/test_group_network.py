"""gnt-group and gnt-network: what they ask for and what they print."""

from typing import Any

import pytest

from ganeti.client import gnt_group, gnt_network
from ganeti.client.network.show import map_lines
from test.unit.luxi.scripted import Script

from .conftest import Serve, job_answers

GROUP: dict[str, Any] = {
    "name": "rack1",
    "ndparams": {"spindle_count": 4, "ssh_port": 22},
    "custom_ndparams": {"spindle_count": 4},
    "diskparams": {"drbd": {"resync-rate": 1024}},
    "custom_diskparams": {},
    "ipolicy": {
        "minmax": [{"min": {"memory-size": 1}, "max": {"memory-size": 2}}],
        "disk-templates": ["file", "drbd"],
        "spindle-ratio": 32.0,
        "vcpu-ratio": 2.0,
    },
    "custom_ipolicy": {"vcpu-ratio": 2.0},
}


def _submitted(server: Any) -> dict[str, Any]:
    return dict(server.calls("SubmitJob")[0][0][0])


def test_parameters_of_a_new_group(serve: Serve) -> None:
    server = serve(job_answers())
    words = ["--alloc-policy=unallocable", "--node-parameters=spindle_count=4", "-D", "drbd:resync-rate=5"]
    assert gnt_group.main(["add", *words, "--ipolicy-disk-templates=file,diskless", "rack1"]) == 0
    op = _submitted(server)
    assert (op["group_name"], op["alloc_policy"], op["ndparams"]) == ("rack1", "unallocable", {"spindle_count": 4})
    assert (op["diskparams"], op["ipolicy"]) == (
        {"drbd": {"resync-rate": 5}}, {"disk-templates": ["file", "diskless"]},
    )  # fmt: skip


def test_values_that_are_reset(serve: Serve, capsys: pytest.CaptureFixture[str]) -> None:
    server = serve(job_answers([["ndparams", "{}"]]))
    words = ["--node-parameters=ssh_port=default", "-D", "drbd:metavg=default", "--ipolicy-bounds-specs=default"]
    words += ["--ipolicy-disk-templates=default", "--ipolicy-vcpu-ratio=default"]
    assert gnt_group.main(["modify", *words, "rack1"]) == 0
    op = _submitted(server)
    assert op["ipolicy"] == {"minmax": "default", "disk-templates": ["default"], "vcpu-ratio": "default"}
    assert (op["ndparams"], op["diskparams"]) == ({"ssh_port": "default"}, {"drbd": {"metavg": "default"}})
    assert capsys.readouterr().out == "Modified node group rack1\n - ndparams -> {}\n"


def test_modification_without_parameters(serve: Serve) -> None:
    server = serve(job_answers())
    assert gnt_group.main(["modify", "rack1"]) == 1
    assert gnt_network.main(["modify", "lan"]) == 1
    assert server.calls("SubmitJob") == []


def test_nodes_to_assign(serve: Serve) -> None:
    server = serve(job_answers())
    assert gnt_group.main(["assign-nodes", "--force", "rack1", "n1", "n2"]) == 0
    op = _submitted(server)
    assert (op["group_name"], op["nodes"], op["force"]) == ("rack1", ["n1", "n2"], True)


def test_info_of_a_group(serve: Serve, capsys: pytest.CaptureFixture[str]) -> None:
    serve({"QueryGroups": lambda _names, fields, _locking: [[GROUP[field] for field in fields]]})
    assert gnt_group.main(["info"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "- Node group: rack1",
        "  Node parameters: ",
        "    spindle_count: 4",
        "    ssh_port: default (22)",
        "  Disk parameters: ",
        "    drbd: ",
        "      resync-rate: default (1024)",
        "  Instance policy: ",
        "    bounds specs: ",
        "      - min/0: ",
        "          memory-size: default (1)",
        "        max/0: ",
        "          memory-size: default (2)",
        "    allowed disk templates: default (file, drbd)",
        "    spindle-ratio: default (32)",
        "    vcpu-ratio: 2",
    ]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], "gnt-group add rack1\n"),
        (
            ["--include-defaults"],
            "gnt-group add --ipolicy-bounds-specs min:memory-size=1/max:memory-size=2 rack1\n",
        ),
    ],
)
def test_command_for_the_same_policy(
    serve: Serve, capsys: pytest.CaptureFixture[str], words: list[str], expected: str
) -> None:
    serve({"QueryGroups": lambda _names, fields, _locking: [[GROUP[field] for field in fields]]})
    assert gnt_group.main(["show-ispecs-cmd", *words]) == 0
    assert capsys.readouterr().out == expected


def test_parameters_of_a_new_network(serve: Serve) -> None:
    server = serve(job_answers())
    words = ["--network=203.0.113.0/29", "--add-reserved-ips=203.0.113.2,203.0.113.3", "--no-conflicts-check"]
    assert gnt_network.main(["add", *words, "--tags=a,b", "lan"]) == 0
    op = _submitted(server)
    assert (op["network"], op["conflicts_check"], op["tags"]) == ("203.0.113.0/29", False, ["a", "b"])
    assert op["add_reserved_ips"] == ["203.0.113.2", "203.0.113.3"]


def test_network_without_addresses_is_refused(serve: Serve) -> None:
    server = serve(job_answers())
    assert gnt_network.main(["add", "lan"]) == 1
    assert server.calls("SubmitJob") == []


def _jobs(groups: list[str]) -> dict[str, Any]:
    """Return answers for one job per group."""
    return {
        "QueryGroups": [[name] for name in groups],
        "SubmitManyJobs": Script(*([[True, 10 + index]] for index in range(len(groups)))),
        "WaitForJobChange": Script(*[[["success"], []]] * len(groups)),
        "QueryJobs": [["success", ["success"], [None]]],
    }


def test_network_is_connected_to_all_groups_with_defaults(serve: Serve) -> None:
    server = serve(_jobs(["one", "two"]))
    assert gnt_network.main(["connect", "-N", "mode=routed,link=100", "lan"]) == 0
    ops = [call[0][0][0] for call in server.calls("SubmitManyJobs")]
    assert [op["group_name"] for op in ops] == ["one", "two"]
    assert (ops[0]["network_mode"], ops[0]["network_link"], ops[0]["network_vlan"]) == ("routed", "100", "")


def test_network_is_disconnected_from_named_groups(serve: Serve) -> None:
    server = serve(_jobs(["one"]))
    assert gnt_network.main(["disconnect", "lan", "one"]) == 0
    assert server.calls("QueryGroups") == []


def test_map_of_a_large_network() -> None:
    assert list(map_lines("X" * 64 + "." * 6)) == [
        f"        0 {'X' * 64} 63",
        f"       64 {'......':<64} 127",
    ]
