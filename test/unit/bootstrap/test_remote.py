"""Set-up tools over SSH, against a small SSH server in this process."""

import dataclasses
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import paramiko
import pytest

from ganeti import errors, pathutils
from ganeti.bootstrap.remote import SshAccess, SshHost

PASSWORD = "open sesame"
DEADLINE_S = 10.0
HOST_KEY = paramiko.RSAKey.generate(2048)
#: A key of the host itself, which clients without preference get to see first.
OTHER_HOST_KEY = paramiko.ECDSAKey.generate()


class Session(paramiko.ServerInterface):
    """Lets root in by password and answers a command with its name and input; ``fail`` fails."""

    def check_auth_password(self, username: str, password: str) -> int:
        is_root = username == "root" and password == PASSWORD
        return paramiko.AUTH_SUCCESSFUL if is_root else paramiko.AUTH_FAILED

    def get_allowed_auths(self, username: str) -> str:
        return "password"

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.OPEN_SUCCEEDED

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        threading.Thread(target=self._answer, args=(channel, command), daemon=True).start()
        return True

    @staticmethod
    def _answer(channel: paramiko.Channel, command: bytes) -> None:
        data = channel.makefile("rb").read()
        if command == b"fail":
            channel.sendall_stderr(b"this went wrong\n")
        channel.sendall(command + b" got " + data)
        channel.send_exit_status(7 if command == b"fail" else 0)
        channel.close()


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[int]:
    # No keys of whoever runs the tests.
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    monkeypatch.setattr(pathutils, "SSH_KNOWN_HOSTS_FILE", str(tmp_path / "known_hosts"))
    listener = socket.create_server(("127.0.0.1", 0))
    transports: list[paramiko.Transport] = []

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            transport = paramiko.Transport(connection)
            transport.add_server_key(OTHER_HOST_KEY)
            transport.add_server_key(HOST_KEY)
            transport.start_server(event=threading.Event(), server=Session())
            transports.append(transport)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield listener.getsockname()[1]
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(DEADLINE_S)
    for transport in transports:
        transport.close()


def access(port: int, confirm: Callable[[str], bool] | None = None, *, checks_host_key: bool = True) -> SshAccess:
    return SshAccess(
        host="127.0.0.1",
        port=port,
        cluster_name="cluster",
        checks_host_key=checks_host_key,
        confirm=confirm,
        ask_password=lambda prompt: PASSWORD,
    )


def test_a_tool_gets_its_input_and_gives_its_output(port: int) -> None:
    host = SshHost(access(port, checks_host_key=False))
    assert host.run(["/usr/lib/tool", "--verbose"], b"x" * 100_000) == "/usr/lib/tool --verbose got " + "x" * 100_000
    with pytest.raises(errors.OpExecError, match=r"exit code 7.*this went wrong"):
        host.run(["fail"])
    with pytest.raises(errors.ProgrammerError):
        host.run(["tool", "$(reboot)"])
    host.close()


def test_an_unknown_host_key_is_only_taken_when_the_user_agrees(port: int) -> None:
    for confirm in (None, lambda question: False):
        with pytest.raises(errors.OpExecError, match="not accepted"):
            SshHost(access(port, confirm))
    questions: list[str] = []
    SshHost(access(port, lambda question: not questions.append(question))).close()
    assert OTHER_HOST_KEY.fingerprint in questions[0]


def test_another_key_of_a_node_that_has_that_of_the_cluster_is_refused(port: int) -> None:
    Path(pathutils.SSH_KNOWN_HOSTS_FILE).write_text(f"cluster ssh-rsa {paramiko.RSAKey.generate(2048).get_base64()}\n")
    given = dataclasses.replace(access(port, lambda question: True), has_cluster_key=True)
    with pytest.raises(errors.OpExecError, match="not the one of the cluster"):
        SshHost(given)
    SshHost(dataclasses.replace(given, checks_host_key=False)).close()


def test_the_password_is_asked_for_three_times(port: int) -> None:
    answers = ["wrong", "worse", PASSWORD]
    given = access(port, checks_host_key=False)
    SshHost(dataclasses.replace(given, ask_password=lambda prompt: answers.pop(0))).close()
    answers = ["wrong", "worse", "worst", PASSWORD]
    with pytest.raises(errors.OpExecError, match="Authentication failed"):
        SshHost(dataclasses.replace(given, ask_password=lambda prompt: answers.pop(0)))
    assert answers == [PASSWORD]


def test_the_host_key_of_the_cluster_needs_no_question(port: int) -> None:
    known = Path(pathutils.SSH_KNOWN_HOSTS_FILE)
    known.write_text(f"cluster ssh-rsa {HOST_KEY.get_base64()}\n")
    SshHost(access(port)).close()
    known.write_text(f"cluster ssh-rsa {paramiko.RSAKey.generate(2048).get_base64()}\n")
    with pytest.raises(errors.OpExecError, match="not accepted"):
        SshHost(access(port))


def test_a_host_that_does_not_answer_is_an_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(errors.OpExecError, match="Cannot connect"):
        SshHost(access(port))
