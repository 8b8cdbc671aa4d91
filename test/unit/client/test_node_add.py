"""gnt-node add: what is checked and prepared before the job."""

from typing import Any

import pytest

from ganeti.bootstrap.node_setup import NodeSetup
from ganeti.client import gnt_node
from ganeti.client.node import add

from .conftest import Serve, job_answers

NODES = [["n1.example.com", "u1", "192.0.2.1", None], ["n2.example.com", "u2", "198.51.100.2", 2222]]


@pytest.fixture
def prepared(monkeypatch: pytest.MonkeyPatch) -> list[NodeSetup]:
    """Return the list of machines that would have been prepared."""
    done: list[NodeSetup] = []
    monkeypatch.setattr(add, "setup_node", done.append)
    monkeypatch.setattr(add.SsconfReader, "primary_ip_family", lambda self: 2)
    monkeypatch.setattr(add.net, "fqdn", lambda name, family: (f"{name}.example.com", "192.0.2.7"))
    return done


def _answers(*, manages_ssh: bool = False) -> dict[str, Any]:
    config = {
        "master_node": "n1.example.com",
        "modify_ssh_setup": manages_ssh,
        "ssh_key_type": "rsa",
        "ssh_key_bits": 2048,
    }
    return {
        **job_answers(),
        "QueryNodes": NODES,
        "QueryGroups": [[{"ssh_port": 22022}]],
        "QueryConfigValues": lambda fields: [config[field] for field in fields],
    }


def test_a_new_node_is_prepared_and_then_added(serve: Serve, prepared: list[NodeSetup]) -> None:
    server = serve(_answers())
    words = ["add", "-g", "default", "--vm-capable", "no", "--node-parameters", "spindle_count=4", "n3"]
    assert gnt_node.main(words) == 0
    (setup,) = prepared
    assert (setup.node_name, setup.primary_ip, setup.ssh_port) == ("n3.example.com", "192.0.2.7", 22022)
    op = server.calls("SubmitJob")[0][0][0]
    assert (op["node_name"], op["group"], op["vm_capable"], op["ndparams"]) == (
        "n3.example.com", "default", False, {"spindle_count": 4},
    )  # fmt: skip


def test_a_node_that_is_added_again_keeps_its_addresses(serve: Serve, prepared: list[NodeSetup]) -> None:
    server = serve(_answers())
    assert gnt_node.main(["add", "--readd", "n2"]) == 0
    assert (prepared[0].ssh_port, prepared[0].node_uuid) == (2222, "u2")
    op = server.calls("SubmitJob")[0][0][0]
    assert (op["readd"], op["secondary_ip"]) == (True, "198.51.100.2")


@pytest.mark.parametrize(
    "words",
    [
        ["n2"],
        ["--readd", "n3"],
        ["--readd", "n1"],
        ["--readd", "-g", "default", "n2"],
        ["--readd", "--node-parameters", "spindle_count=many", "n2"],
    ],
)
def test_what_makes_no_sense_changes_nothing(serve: Serve, prepared: list[NodeSetup], words: list[str]) -> None:
    server = serve(_answers())
    assert gnt_node.main(["add", *words]) == 1
    assert prepared == []
    assert server.calls("SubmitJob") == []


def test_changes_of_ssh_keys_are_announced(
    serve: Serve, prepared: list[NodeSetup], capsys: pytest.CaptureFixture[str]
) -> None:
    serve(_answers(manages_ssh=True))
    assert gnt_node.main(["add", "--no-node-setup", "n3"]) == 0
    text = capsys.readouterr().err
    assert "SSH keys of n3.example.com will be changed" in text
    assert "--no-node-setup is accepted for compatibility" in text
