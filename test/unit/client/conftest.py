"""Running programs against a scripted master daemon."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from test.unit.luxi import scripted

Serve = Callable[[dict[str, Any]], scripted.ScriptedServer]


@pytest.fixture
def serve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """Return a function that starts the server to which programs connect; its argument are answers by method."""
    servers: list[scripted.ScriptedServer] = []

    def start(answers: dict[str, Any]) -> scripted.ScriptedServer:
        path = tmp_path / f"socket{len(servers)}"
        monkeypatch.setenv("FORCE_LUXI_SOCKET", str(path))
        server = scripted.ScriptedServer(path, scripted.table(answers))
        servers.append(server)
        return server

    monkeypatch.setattr("ganeti.pathutils.LOG_COMMANDS", str(tmp_path / "commands.log"))
    yield start
    for server in servers:
        server.close()


def job_answers(result: Any = None, *, log: list[Any] | None = None, status: str = "success") -> dict[str, Any]:
    """Return the answers for one job with one opcode that ends in *status*."""
    op_status = "success" if status == "success" else "error"
    changes = [[[status], log]] if log else []
    return {
        "SubmitJob": 12,
        "WaitForJobChange": scripted.Script(*changes, [[status], []]),
        "QueryJobs": [[status, [op_status], [result]]],
    }
