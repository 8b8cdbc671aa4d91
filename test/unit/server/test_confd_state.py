"""What confd keeps in memory, and how it follows the files."""

import time
from pathlib import Path

import msgspec
import pytest

from ganeti import constants as c
from ganeti import pathutils
from ganeti.confd.client import ConfdClient
from ganeti.confd.wire import HmacKey, PackedReply
from ganeti.objects import ConfigData, encode_clear
from ganeti.server import confd_state
from ganeti.server.confd import Responder, UdpServer
from ganeti.server.confd_answers import Answer, Answers
from ganeti.server.confd_state import ConfigSource, KeyRing, NoAnswers, Pace, ReplyTable, State
from ganeti.utils.files import write_atomic
from test.unit.factories import make_cluster, make_config


class _Counting:
    """Gives a long answer and counts how often it is asked."""

    def __init__(self, size: int = 10) -> None:
        self.calls = 0
        self._size = size

    def answer(self, kind: int, query: bytes) -> Answer:
        self.calls += 1
        return Answer(c.CONFD_REPL_STATUS_OK, "x" * self._size, 1)


def _content(packed: PackedReply) -> tuple[int, object, int]:
    datagram = packed.datagram("salt", HmacKey(b"k"))
    reply = msgspec.json.decode(msgspec.json.decode(datagram[4:])["msg"])
    return reply["status"], reply["answer"], reply["serial"]


def _write(path: Path, config: ConfigData) -> None:
    write_atomic(str(path), encode_clear(config))


def _named(name: str) -> ConfigData:
    return msgspec.structs.replace(make_config(), cluster=make_cluster(cluster_name=name))


def _cluster_name(source: ConfigSource) -> tuple[int, object, int]:
    return _content(source.table.reply(c.CONFD_REQ_CONFIG_QUERY, b'"/cluster/cluster_name"'))


def test_same_question_is_answered_once() -> None:
    source = _Counting()
    table = ReplyTable(source)
    assert table.reply(4, b"null") is table.reply(4, b"null")
    table.reply(5, b"null")
    assert source.calls == 2


def test_kept_answers_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confd_state, "_CACHE_LIMIT", 5000)
    source = _Counting()
    table = ReplyTable(source)
    first = table.reply(10, b"0")
    for number in range(1, 20):
        table.reply(10, b"%d" % number)
    assert table.reply(10, b"0") is not first


def test_answer_that_no_datagram_holds_becomes_an_error() -> None:
    status, text, serial = _content(ReplyTable(_Counting(c.MAX_UDP_DATA_SIZE)).reply(8, b'"node"'))
    assert (status, serial) == (c.CONFD_REPL_STATUS_ERROR, 0)
    assert "61440" in str(text)


def test_configuration_that_comes_changes_breaks_and_goes(tmp_path: Path) -> None:
    path = tmp_path / "config.data"
    source = ConfigSource(str(path))
    assert not source.refresh()
    assert _cluster_name(source) == (c.CONFD_REPL_STATUS_ERROR, "This node has no configuration", 0)
    _write(path, _named("one.example.com"))
    assert source.refresh()
    assert _cluster_name(source) == (c.CONFD_REPL_STATUS_OK, "one.example.com", 1)
    _write(path, _named("two.example.com"))
    assert source.refresh()
    assert _cluster_name(source)[1] == "two.example.com"
    for broken in (b"", b'{"version": 3010000', b"[]", b'{"version": 3010000, "cluster": 5}', b'{"version": 2060000}'):
        write_atomic(str(path), broken)
        assert source.refresh()
        assert _cluster_name(source)[0] == c.CONFD_REPL_STATUS_ERROR
        # Every question is answered by the error, even one that needs no configuration.
        assert _content(source.table.reply(c.CONFD_REQ_PING, b"null"))[0] == c.CONFD_REPL_STATUS_ERROR
    _write(path, _named("three.example.com"))
    assert source.refresh()
    assert _cluster_name(source)[1] == "three.example.com"
    path.unlink()
    assert source.refresh()
    assert _cluster_name(source)[0] == c.CONFD_REPL_STATUS_ERROR


def test_unchanged_file_is_not_parsed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "config.data"
    _write(path, make_config())
    source = ConfigSource(str(path))
    source.refresh()
    monkeypatch.setattr(confd_state, "load_config", None)
    assert not source.refresh()


def test_version_that_nobody_asks_about_is_not_parsed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[str] = []

    def answers(config: ConfigData) -> Answers:
        parsed.append(config.cluster.cluster_name)
        return Answers(config)

    monkeypatch.setattr(confd_state, "Answers", answers)
    path = tmp_path / "config.data"
    source = ConfigSource(str(path))
    for name in ("one.example.com", "two.example.com"):
        _write(path, _named(name))
        source.refresh()
    assert parsed == []
    assert _cluster_name(source)[1] == "two.example.com"
    # Somebody asks: the next version is ready before the next question.
    _write(path, _named("three.example.com"))
    source.refresh()
    assert parsed == ["two.example.com", "three.example.com"]
    _write(path, _named("four.example.com"))
    source.refresh()
    assert parsed == ["two.example.com", "three.example.com"]
    assert _cluster_name(source)[1] == "four.example.com"


def test_surprise_in_the_file_does_not_stop_the_daemon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: ConfigData) -> Answers:
        raise KeyError("surprise")

    path = tmp_path / "config.data"
    _write(path, make_config())
    monkeypatch.setattr(confd_state, "Answers", fail)
    source = ConfigSource(str(path))
    assert source.refresh()
    assert _cluster_name(source)[0] == c.CONFD_REPL_STATUS_ERROR


def test_replaced_key_is_accepted_for_a_while(tmp_path: Path) -> None:
    path = tmp_path / "hmac.key"
    path.write_bytes(b"one\n")
    ring = KeyRing(str(path))
    old = ring.keys[0]
    assert old.sign(b"x") == HmacKey(b"one\n").sign(b"x")
    write_atomic(str(path), b"two\n")
    ring.refresh(1000.0)
    assert [key.sign(b"x") for key in ring.keys] == [HmacKey(b"two\n").sign(b"x"), old.sign(b"x")]
    ring.refresh(1299.0)
    assert len(ring.keys) == 2
    ring.refresh(1300.0)
    assert [key.sign(b"x") for key in ring.keys] == [HmacKey(b"two\n").sign(b"x")]


def test_key_that_vanishes_or_is_empty_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "hmac.key"
    path.write_bytes(b"one\n")
    ring = KeyRing(str(path))
    keys = ring.keys
    path.unlink()
    ring.refresh(0.0)
    write_atomic(str(path), b"")
    ring.refresh(0.0)
    assert ring.keys == keys


def test_daemon_without_key_does_not_start() -> None:
    with pytest.raises(OSError, match="missing"):
        KeyRing("/missing")


def test_single_changes_are_looked_at_at_once() -> None:
    pace = Pace()
    assert pace.after_wait(True, 10.0)
    assert pace.interval_s is None
    assert pace.after_wait(False, 27.0)
    assert pace.after_wait(True, 30.0)
    assert pace.interval_s is None


def test_quick_changes_are_looked_at_at_fixed_times_until_they_end() -> None:
    pace = Pace()
    assert pace.after_wait(True, 10.0)
    assert not pace.after_wait(True, 10.1)
    for was_changed in (True, False, False, True, False, False):
        assert pace.interval_s == 0.25
        pace.after_look(was_changed)
    assert pace.interval_s == 0.25
    pace.after_look(False)
    assert pace.interval_s is None


def test_files_are_followed_and_no_request_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config, key = tmp_path / "config.data", tmp_path / "hmac.key"
    monkeypatch.setattr(pathutils, "CLUSTER_CONF_FILE", str(config))
    monkeypatch.setattr(pathutils, "CONFD_HMAC_KEY", str(key))
    write_atomic(str(key), "key 0\n")
    _write(config, _named("name0"))
    state = State()
    server = UdpServer("127.0.0.1", 0, Responder(state).respond)
    state.start()
    server.start()
    try:
        for number in range(1, 4):
            with ConfdClient(f"key {number - 1}\n".encode(), ["127.0.0.1"], port=server.port) as client:
                _write(config, _named(f"name{number}"))
                write_atomic(str(key), f"key {number}\n")
                deadline = time.monotonic() + 1.0
                # With the old key, which goes on to be accepted; each question is sent once.
                while client.ask(c.CONFD_REQ_CONFIG_QUERY, "/cluster/cluster_name").answer != f"name{number}":
                    assert time.monotonic() < deadline
            _wait_for_key(state, f"key {number}\n")
    finally:
        server.stop()


def _wait_for_key(state: State, content: str) -> None:
    deadline = time.monotonic() + 1.0
    while state.keyring.keys[0].sign(b"x") != HmacKey(content.encode()).sign(b"x"):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_answer_without_configuration_is_the_same_for_all() -> None:
    source = NoAnswers("why")
    assert source.answer(0, b"null") == source.answer(99, b"garbage") == (c.CONFD_REPL_STATUS_ERROR, "why", 0)


def test_paths_are_in_one_directory() -> None:
    assert Path(pathutils.CLUSTER_CONF_FILE).parent == Path(pathutils.CONFD_HMAC_KEY).parent
