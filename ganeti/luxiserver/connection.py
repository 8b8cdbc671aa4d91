"""One connection of a LUXI client: messages in, answers out, one request at a time."""

import asyncio
import logging
import socket
import struct
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, NamedTuple

from ganeti.luxi import wire

_LOG = logging.getLogger(__name__)

_UCRED: Final = struct.Struct("3i")
#: Messages up to this size are sent at once, larger ones piece by piece as the client takes them.
_AT_ONCE_BYTES: Final = 256 * 1024
#: With so many requests sent ahead the rest stays in the socket.
_MAX_AHEAD: Final = 16


class Peer(NamedTuple):
    """Who is at the other end of a connection."""

    pid: int
    uid: int
    gid: int

    def __str__(self) -> str:
        return f"pid {self.pid} uid {self.uid}"


class Answer(NamedTuple):
    """The bytes to send, in pieces, and whether the connection ends with them."""

    message: Sequence[bytes]
    ends_connection: bool = False


class Incoming(NamedTuple):
    """A message, who sent it, and an event that is set when its sender will send nothing more."""

    message: bytes
    peer: Peer
    sender_is_gone: asyncio.Event


class Connection(asyncio.Protocol):
    """Reads messages, has them answered one after the other, and notices when the client leaves."""

    def __init__(
        self,
        answer: Callable[[Incoming], Awaitable[Answer | None]],
        refuse: Callable[[str], Answer],
        open_connections: "set[Connection]",
        max_message_bytes: int,
    ) -> None:
        """Have messages answered by *answer* (None: nobody waits for it) and what is too long by *refuse*."""
        self._answer = answer
        self._refuse = refuse
        self._open_connections = open_connections
        self._buffer = wire.FrameBuffer(max_message_bytes)
        self._messages: deque[bytes] = deque()
        self._last_answer: Answer | None = None
        self._transport: asyncio.Transport | None = None
        self._peer = Peer(0, 0, 0)
        self._task: asyncio.Task[None] | None = None
        self._is_gone = asyncio.Event()
        self._may_write = asyncio.Event()
        self._may_write.set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        sock = transport.get_extra_info("socket")
        self._peer = Peer(*_UCRED.unpack(sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size)))
        self._open_connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._open_connections.discard(self)
        self._messages.clear()
        self._is_gone.set()
        self._may_write.set()

    def eof_received(self) -> bool:
        """Let the answers to what was sent before still go out."""
        self._is_gone.set()
        return self._task is not None

    def pause_writing(self) -> None:
        self._may_write.clear()

    def resume_writing(self) -> None:
        self._may_write.set()

    def data_received(self, data: bytes) -> None:
        assert self._transport is not None
        try:
            self._messages.extend(self._buffer.feed(data))
        except wire.MessageTooLongError as err:
            _LOG.warning("LUXI client (%s): %s", self._peer, err)
            self._last_answer = self._refuse(str(err))
        if (self._messages or self._last_answer) and self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._work())
        if len(self._messages) > _MAX_AHEAD or self._last_answer:
            self._transport.pause_reading()

    async def close(self) -> None:
        """End the connection; a request under way gets no answer."""
        if self._task is not None:
            self._task.cancel()
        if self._transport is not None:
            self._transport.abort()

    async def _work(self) -> None:
        """Answer the messages that are there, in the end what came after them and was none."""
        try:
            while self._messages:
                answer = await self._answer(Incoming(self._messages.popleft(), self._peer, self._is_gone))
                if answer is None or not await self._send(answer):
                    break
                self._resume_reading()
            else:
                if self._last_answer is not None:
                    await self._send(self._last_answer)
        except Exception:
            _LOG.exception("Serving a LUXI connection failed")
            self._end()
        finally:
            self._task = None
        if self._is_gone.is_set():
            self._end()

    def _resume_reading(self) -> None:
        assert self._transport is not None
        is_over = self._transport.is_closing() or self._is_gone.is_set() or self._last_answer is not None
        if len(self._messages) <= _MAX_AHEAD and not is_over:
            self._transport.resume_reading()

    async def _send(self, answer: Answer) -> bool:
        """Send an answer; False if no other may follow."""
        if sum(map(len, answer.message)) <= _AT_ONCE_BYTES:
            batches: Sequence[Sequence[bytes]] = [answer.message]
        else:
            batches = [[piece] for piece in answer.message]
        for batch in batches:
            if self._transport is None or self._transport.is_closing():
                return False
            self._transport.writelines(batch)
            await self._may_write.wait()
        if answer.ends_connection:
            self._end()
        return not answer.ends_connection

    def _end(self) -> None:
        self._messages.clear()
        if self._transport is not None:
            self._transport.close()
