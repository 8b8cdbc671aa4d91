"""Unix sockets that speak LUXI: one thread with an event loop serves all connections.

Waiting costs a connection and no thread: a method that waits is a coroutine. What computes or blocks runs in one of two
pools, so that queries which wait for a dead node do not keep jobs from being submitted.
"""

import asyncio
import contextlib
import logging
import os
import socket
import threading
from collections.abc import Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from ganeti import constants as c
from ganeti import errors
from ganeti.luxi import wire
from ganeti.luxi.wire import MalformedRequestError, Request, Response
from ganeti.luxiserver.connection import Answer, Connection, Incoming
from ganeti.luxiserver.table import Method, MethodTable, RequestRefusedError, Where
from ganeti.utils import acl

_LOG = logging.getLogger(__name__)

#: Clients that connect while the loop is busy; beyond that connecting fails and they try again a second later.
_BACKLOG: Final = 1024
_REFUSAL_PREFIX: Final = "Failed to parse request: "
_SHORT_THREADS: Final = 8
_LONG_THREADS: Final = 32
#: Messages up to this size are parsed in the event loop; larger ones would keep it from the other connections.
_PARSE_INLINE_BYTES: Final = 128 * 1024


def bind_socket(path: str, *, uid: int = -1, gid: int = -1, admin_gid: int | None = None) -> socket.socket:
    """Return a listening socket at *path*; nobody can see it before its mode and owner are right.

    Besides its owner and group the members of *admin_gid* may connect.
    """
    temporary = f"{path}.new"
    for name in (temporary, path):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.bind(temporary)
        os.chmod(temporary, c.LUXI_SOCKET_PERMS)
        if uid != -1 or gid != -1:
            os.chown(temporary, uid, gid)
        if admin_gid is not None:
            _let_connect(temporary, admin_gid)
        sock.listen(_BACKLOG)
        sock.setblocking(False)
        os.rename(temporary, path)
    except BaseException:
        sock.close()
        raise
    return sock


def _let_connect(path: str, gid: int) -> None:
    try:
        acl.grant(path, c.LUXI_SOCKET_PERMS, gid, acl.READ | acl.WRITE)
    except OSError as err:
        _LOG.warning("Members of the group of administrators (%d) cannot connect to %s: %s", gid, path, err.strerror)


class LuxiServer:
    """Serves one table of methods on some sockets."""

    def __init__(self, methods: MethodTable, *, max_message_bytes: int = wire.MAX_MESSAGE_BYTES) -> None:
        self._methods = methods
        self._max_message_bytes = max_message_bytes
        self._short = ThreadPoolExecutor(_SHORT_THREADS, thread_name_prefix="ClientReq")
        self._long = ThreadPoolExecutor(_LONG_THREADS, thread_name_prefix="ClientQuery")
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run_loop, name="Luxi", daemon=True)
        self._servers: list[asyncio.Server] = []
        self._connections: set[Connection] = set()

    def start(self, sockets: Sequence[socket.socket]) -> None:
        """Accept connections on the listening *sockets*."""
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(sockets), self._loop).result()

    def stop_listening(self) -> None:
        """Accept no more connections; those that are open go on."""
        self._loop.call_soon_threadsafe(self._close_servers)

    def close(self) -> None:
        """Close all connections and end the threads; requests under way get no answer."""
        if self._thread.is_alive():
            asyncio.run_coroutine_threadsafe(self._shut_down(), self._loop).result()
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
        self._loop.close()
        self._short.shutdown(wait=False, cancel_futures=True)
        self._long.shutdown(wait=False, cancel_futures=True)

    def _run_loop(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    async def _listen(self, sockets: Sequence[socket.socket]) -> None:
        for sock in sockets:
            self._servers.append(
                await self._loop.create_unix_server(self._make_connection, sock=sock, backlog=_BACKLOG)
            )

    def _make_connection(self) -> Connection:
        return Connection(self._answer, _refusal, self._connections, self._max_message_bytes)

    def _close_servers(self) -> None:
        for server in self._servers:
            server.close()

    async def _shut_down(self) -> None:
        self._close_servers()
        for connection in list(self._connections):
            await connection.close()

    async def _answer(self, incoming: Incoming) -> Answer | None:
        """Return the answer to one message, None if nobody waits for it any more."""
        peer = incoming.peer
        try:
            request = await self._parse(incoming.message)
            method = self._methods.find(request.method)
            args = method.convert(request.args)
        except MalformedRequestError as err:
            _LOG.warning("LUXI client (%s) sent a malformed request: %s", peer, err)
            return _refusal(str(err))
        if method.declaration.changes_state:
            _LOG.info("LUXI request %s from %s", request.method, peer)
        else:
            _LOG.debug("LUXI request %s from %s", request.method, peer)
        if method.declaration.is_parked:
            return await _unless(incoming.sender_is_gone, self._call(method, args))
        return await self._call(method, args)

    async def _parse(self, message: bytes) -> Request:
        if len(message) <= _PARSE_INLINE_BYTES:
            return wire.decode_request(message)
        return await self._loop.run_in_executor(self._short, wire.decode_request, message)

    async def _call(self, method: Method, args: list[Any]) -> Answer:
        """Return the answer of a method, whether it succeeds or raises."""
        try:
            if method.declaration.where is Where.LOOP:
                return Answer(_encode(Response(True, await method.call(*args))))
            pool = self._short if method.declaration.where is Where.SHORT else self._long
            # Encoded in the thread: a long list takes its time.
            message = await self._loop.run_in_executor(pool, lambda: _encode(Response(True, method.call(*args))))
            return Answer(message)
        except MalformedRequestError as err:
            return _refusal(str(err))
        except RequestRefusedError as err:
            return Answer(_encode(Response(False, f"{_REFUSAL_PREFIX}{err}")))
        except errors.GenericError as err:
            _LOG.debug("LUXI request %s failed: %s", method.declaration.name, err)
            return Answer(_encode(Response(False, errors.encode_exception(err))))
        except Exception as err:
            _LOG.exception("LUXI request %s failed unexpectedly", method.declaration.name)
            return Answer(_encode(Response(False, f"Caught exception: {err}")))


def _encode(response: Response) -> list[bytes]:
    return wire.encode_response(response)


def _refusal(reason: str) -> Answer:
    """Return the answer to what is no request; there is no telling what follows, so the connection ends."""
    return Answer(_encode(Response(False, f"{_REFUSAL_PREFIX}{reason}")), ends_connection=True)


async def _unless(event: asyncio.Event, work: Coroutine[Any, Any, Answer]) -> Answer | None:
    """Return the answer that *work* gives, None if the event comes first."""
    answer = asyncio.ensure_future(work)
    came = asyncio.ensure_future(event.wait())
    try:
        await asyncio.wait({answer, came}, return_when=asyncio.FIRST_COMPLETED)
        return answer.result() if answer.done() else None
    finally:
        answer.cancel()
        came.cancel()
