"""The luxi client against a scripted server."""

import socket
from pathlib import Path
from typing import Any

import pytest

from ganeti import constants as c
from ganeti import errors
from ganeti.luxi import client as client_module
from ganeti.luxi import role, wire
from ganeti.luxi.client import Client
from ganeti.luxi.errors import (
    LuxiTimeoutError,
    NoMasterError,
    OutcomeUnknownError,
    ProtocolError,
    RequestError,
)

from . import scripted


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "socket"


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "_RESEND_DELAY_STEP_S", 0.0)


def test_results_of_several_calls_arrive_over_one_connection(path: Path) -> None:
    answers = scripted.table({"SubmitJob": 17, "QueryTags": ["a", "b"], "CancelJob": [True, "Job 17 canceled"]})
    with scripted.serve(path, answers) as server, Client(str(path)) as client:
        assert client.submit_job([{"OP_ID": "OP_TEST_DELAY"}]) == 17
        assert client.query_tags("cluster", "") == ["a", "b"]
        assert client.cancel_job(17, kill=True) == (True, "Job 17 canceled")
    assert server.calls("CancelJob") == [[17, True]]


def test_errors_of_the_master_daemon_keep_their_class_and_arguments(path: Path) -> None:
    encoded = ["OpPrereqError", ["Node x not found", "unknown_entity"]]
    with scripted.serve(path, lambda method, args: scripted.failure(encoded)), Client(str(path)) as client:
        with pytest.raises(errors.OpPrereqError) as caught:
            client.query_cluster_info()
        assert caught.value.args == ("Node x not found", "unknown_entity")


def test_plain_text_errors_are_request_errors(path: Path) -> None:
    answer = scripted.failure("Failed to parse request: no such method")
    with (
        scripted.serve(path, lambda method, args: answer),
        Client(str(path)) as client,
        pytest.raises(RequestError, match="no such method"),
    ):
        client.call("Nonsense", [])


def _hang_up_first(count: int, result: Any) -> scripted.Answer:
    seen = 0

    def answer(method: str, args: list[Any]) -> wire.Response:
        nonlocal seen
        seen += 1
        if seen <= count:
            raise scripted.HangUp
        return wire.Response(True, result)

    return answer


def test_a_query_whose_connection_breaks_is_sent_again(path: Path) -> None:
    with scripted.serve(path, _hang_up_first(2, ["x"])) as server, Client(str(path)) as client:
        assert client.query_tags("node", "n1") == ["x"]
    assert len(server.requests) == 3


def test_a_submission_that_may_have_arrived_is_not_sent_again(path: Path) -> None:
    with (
        scripted.serve(path, _hang_up_first(1, 1)) as server,
        Client(str(path)) as client,
        pytest.raises(OutcomeUnknownError, match="may or may not"),
    ):
        client.submit_job([])
    assert len(server.requests) == 1


def test_a_submission_over_a_connection_that_died_while_idle_is_sent_again(path: Path) -> None:
    def hang_up_after_query(method: str, args: list[Any]) -> wire.Response:
        return wire.Response(True, 5 if method == "SubmitJob" else [])

    first = scripted.ScriptedServer(path, hang_up_after_query)
    client = Client(str(path))
    client.query_tags("cluster", "")
    first.close()
    path.unlink()
    with scripted.serve(path, hang_up_after_query):
        assert client.submit_job([]) == 5


def test_no_listener_on_a_machine_that_is_not_master_fails_at_once(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(role, "is_this_node_master", lambda: False)
    with pytest.raises(NoMasterError):
        Client(str(path)).query_cluster_info()


def test_no_listener_on_the_master_is_waited_for_until_the_time_is_over(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(role, "is_this_node_master", lambda: True)
    with pytest.raises(NoMasterError):
        Client(str(path), connect_timeout_s=0.1).query_cluster_info()


def test_a_silent_server_is_a_timeout(path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(path))
        listener.listen(1)
        with pytest.raises(LuxiTimeoutError):
            Client(str(path), io_timeout_s=0.1).query_cluster_info()


def test_something_else_than_a_socket_is_a_protocol_error(tmp_path: Path) -> None:
    with pytest.raises(ProtocolError):
        Client(str(tmp_path / ("x" * 200))).query_cluster_info()


def test_both_answers_for_an_unknown_job_mean_that_it_is_lost(path: Path) -> None:
    lost = scripted.failure(["JobLost", ["Job with id 3 lost"]])
    answers = scripted.table({"WaitForJobChange": scripted.Script(None, lost)})
    with scripted.serve(path, answers), Client(str(path)) as client:
        for _ in range(2):
            with pytest.raises(errors.JobLost):
                client.wait_for_job_change(3, ["status"], None, None)


def test_the_time_of_a_long_poll_is_capped(path: Path) -> None:
    answers = scripted.table({"WaitForJobChange": "nochange"})
    with scripted.serve(path, answers) as server, Client(str(path)) as client:
        assert client.wait_for_job_change(3, ["status"], None, None, timeout_s=1000) == "nochange"
    assert server.calls("WaitForJobChange")[0][-1] == c.LUXI_WFJC_TIMEOUT
