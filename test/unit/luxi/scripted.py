"""A luxi server for tests that answers from a script and remembers what it was asked."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ganeti.luxi import wire

Answer = Callable[[str, list[Any]], wire.Response]


class HangUp(Exception):
    """Raised by an answer function: close the connection instead of answering."""


class ScriptedServer:
    """Answers requests on a unix socket by calling a function, one connection at a time."""

    def __init__(self, path: Path, answer: Answer) -> None:
        self.path = str(path)
        self.requests: list[wire.Request] = []
        self._answer = answer
        self._connection: socket.socket | None = None
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(self.path)
        self._listener.listen(5)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._connection = connection
            with connection, contextlib.suppress(OSError, HangUp):
                self._converse(connection)

    def _converse(self, connection: socket.socket) -> None:
        buffer = wire.FrameBuffer()
        while data := connection.recv(65536):
            for message in buffer.feed(data):
                request = wire.decode_request(message)
                self.requests.append(request)
                connection.sendall(b"".join(wire.encode_response(self._answer(request.method, request.args))))

    def calls(self, method: str) -> list[list[Any]]:
        """Return the arguments of all requests for *method*."""
        return [request.args for request in self.requests if request.method == method]

    def close(self) -> None:
        """Stop listening and drop the connection."""
        for sock in (self._listener, self._connection):
            if sock is not None:
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(timeout=5)


@contextlib.contextmanager
def serve(path: Path, answer: Answer) -> Iterator[ScriptedServer]:
    """Run a scripted server for the duration of a block."""
    server = ScriptedServer(path, answer)
    try:
        yield server
    finally:
        server.close()


def table(answers: dict[str, Any]) -> Answer:
    """Return an answer function from results by method; a list of results is used up one by one if it is a Script."""

    def answer(method: str, args: list[Any]) -> wire.Response:
        if method not in answers:
            # A test that waits for an answer for ever tells less.
            return failure(f"There is no answer to {method} in the script")
        result = answers[method]
        if isinstance(result, Script):
            result = result.take()
        if callable(result):
            result = result(*args)
        return result if isinstance(result, wire.Response) else wire.Response(True, result)

    return answer


class Script:
    """Results that are given one after the other; the last one again and again."""

    def __init__(self, *results: Any) -> None:
        self._results = list(results)

    def take(self) -> Any:
        """Return the next result."""
        return self._results.pop(0) if len(self._results) > 1 else self._results[0]


def failure(result: Any) -> wire.Response:
    """Return a response that reports an error."""
    return wire.Response(False, result)
