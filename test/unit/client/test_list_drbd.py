"""gnt-node list-drbd against a real confd server."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ganeti import constants as c
from ganeti import pathutils
from ganeti.cli.failures import ExitError
from ganeti.client import gnt_node
from ganeti.client.node import drbd
from ganeti.confd.client import ConfdClient
from ganeti.confd.wire import HmacKey, Reply
from ganeti.server.confd import Responder, UdpServer
from ganeti.server.confd_answers import Answers
from ganeti.server.confd_state import ReplyTable
from ganeti.utils import net
from test.unit.factories import make_config, make_disk, make_instance, make_node, node_uuid

Capture = pytest.CaptureFixture[str]
KEY = b"secret\n"
#: The server listens here alone, as with ``CONFD_ARGS="-b ADDRESS"``.
ADDRESS = "127.0.0.9"


def _drbd(index: int, *logical_id: Any) -> Any:
    return make_disk(index, dev_type=c.DT_DRBD8, logical_id=(*logical_id, "hush"), iv_name="disk/0")


@dataclass
class _Keys:
    keys: tuple[HmacKey, ...] = (HmacKey(KEY),)


@dataclass
class _Config:
    table: ReplyTable


@dataclass
class _State:
    config: _Config
    keyring: _Keys = field(default_factory=_Keys)


@pytest.fixture
def confd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Run confd with a configuration of three instances on DRBD, and make this machine one of its nodes."""
    one, two, three = (node_uuid(number) for number in (1, 2, 3))
    disks = (_drbd(1, one, two, 11000, 10, 0), _drbd(2, one, two, 11001, 2, 1), _drbd(3, three, one, 11002, 5, 0))
    instances = (
        make_instance(1, primary_node=one, disks=(disks[0].uuid, disks[1].uuid)),
        make_instance(2, primary_node=three, disks=(disks[2].uuid,)),
    )
    config = make_config(instances=instances, disks=disks)
    state = _State(_Config(ReplyTable(Answers(config))))
    server = UdpServer(ADDRESS, 0, Responder(state).respond)  # type: ignore[arg-type]
    server.start()
    monkeypatch.setitem(c.DAEMONS_PORTS, c.CONFD, ("udp", server.port))
    monkeypatch.setattr(pathutils, "DATA_DIR", str(tmp_path))
    monkeypatch.setattr(pathutils, "LOG_COMMANDS", str(tmp_path / "commands.log"))
    monkeypatch.setattr(pathutils, "CONFD_HMAC_KEY", str(tmp_path / "hmac.key"))
    (tmp_path / "hmac.key").write_bytes(KEY)
    (tmp_path / "ssconf_node_list").write_text("".join(f"{make_node(number).name}\n" for number in (1, 2, 3)))
    (tmp_path / "ssconf_node_primary_ips").write_text(f"{net.own_hostname()} {ADDRESS}\n")
    yield
    server.stop()


@pytest.mark.usefixtures("confd")
def test_minors_are_listed_in_order(capsys: Capture) -> None:
    assert gnt_node.main(["list-drbd", "node1"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "Node              Minor Instance          Disk   Role      PeerNode",
        "node1.example.com     0 inst2.example.com disk/0 secondary node3.example.com",
        "node1.example.com     2 inst1.example.com disk/1 primary   node2.example.com",
        "node1.example.com    10 inst1.example.com disk/0 primary   node2.example.com",
    ]


@pytest.mark.usefixtures("confd")
def test_columns_for_scripts(capsys: Capture) -> None:
    assert gnt_node.main(["list-drbd", "--no-headers", "--separator=|", "node3.example.com"]) == 0
    assert capsys.readouterr().out == "node3.example.com|5|inst2.example.com|disk/0|primary|node1.example.com\n"


@pytest.mark.usefixtures("confd")
def test_a_node_that_nobody_knows_is_a_failure(capsys: Capture) -> None:
    assert gnt_node.main(["list-drbd", "node9"]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "confd does not tell the DRBD minors of node node9: Unknown node 'node9'" in captured.err


@pytest.mark.usefixtures("confd")
def test_a_server_that_does_not_reply_is_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    (tmp_path / "hmac.key").write_bytes(b"that of another cluster\n")
    monkeypatch.setattr(ConfdClient.ask_any, "__kwdefaults__", {"timeout_s": 0.1})
    assert gnt_node.main(["list-drbd", "node1"]) == 1
    assert "No confd server replied at 127.0.0.1, 127.0.0.9" in capsys.readouterr().err


def test_without_a_cluster_there_is_nothing_to_ask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setattr(pathutils, "DATA_DIR", str(tmp_path))
    monkeypatch.setattr(pathutils, "LOG_COMMANDS", str(tmp_path / "commands.log"))
    assert gnt_node.main(["list-drbd", "node1"]) == 1
    assert "ssconf_node_list does not exist" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(status=1, answer="no configuration", serial=0), "no configuration"),
        (Reply(status=1, answer=1, serial=0), "internal error"),
        (Reply(status=2, answer=None, serial=0), "None"),
        (Reply(status=0, answer={"a": 1}, serial=1), "cannot be understood"),
        (Reply(status=0, answer=[["n", "x", "i", "d", "r", "p"]], serial=1), "cannot be understood"),
        (Reply(status=0, answer=[["n", 1]], serial=1), "cannot be understood"),
    ],
)
def test_bad_replies_are_failures(reply: Reply, reason: str) -> None:
    with pytest.raises(ExitError, match=reason) as failure:
        drbd.rows_of(reply, "node1")
    assert failure.value.exit_code == 1
