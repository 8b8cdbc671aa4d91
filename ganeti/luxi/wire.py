"""Framing and messages of LUXI, shared by client and server.

A message is a UTF-8 JSON document ended by one ETX byte, which JSON text never holds unescaped.
"""

from dataclasses import dataclass
from typing import Any, Final

from ganeti import constants as c
from ganeti import serializer
from ganeti.luxi.errors import ProtocolError

TERMINATOR: Final = c.LUXI_EOM.encode("ascii")
#: Far above any real request (a multi-allocation of thousands of instances is a few MiB), far below what hurts.
MAX_MESSAGE_BYTES: Final = 64 * 1024 * 1024


_SUCCESS: Final = f'{{"{c.LUXI_KEY_SUCCESS}":true,"{c.LUXI_KEY_RESULT}":'.encode("ascii")
_FAILURE: Final = f'{{"{c.LUXI_KEY_SUCCESS}":false,"{c.LUXI_KEY_RESULT}":'.encode("ascii")
_END: Final = b"}" + TERMINATOR


class MessageTooLongError(ProtocolError):
    """The other side sent more bytes than a message may have without ending it."""


class MalformedRequestError(ProtocolError):
    """A message is not a request; argument: the reason."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asks for."""

    method: str
    args: list[Any]


@dataclass(frozen=True, slots=True)
class Response:
    """What the server answers; on failure *result* is an encoded exception or plain text."""

    success: bool
    result: Any


class FrameBuffer:
    """Cuts a stream of bytes into messages."""

    def __init__(self, max_bytes: int = MAX_MESSAGE_BYTES) -> None:
        self._chunks: list[bytes] = []
        self._size = 0
        self._max_bytes = max_bytes

    @property
    def is_empty(self) -> bool:
        """True if no part of an unfinished message is held."""
        return self._size == 0

    def feed(self, data: bytes) -> list[bytes]:
        """Take *data* and return the messages that it completes, without terminators.

        Raises MessageTooLongError when an unfinished message exceeds the limit.
        """
        *complete, rest = data.split(TERMINATOR)
        messages = []
        for part in complete:
            messages.append(b"".join([*self._chunks, part]))
            self._chunks.clear()
            self._size = 0
        if rest:
            self._chunks.append(rest)
            self._size += len(rest)
        if self._size > self._max_bytes or any(len(message) > self._max_bytes for message in messages):
            # Nobody can make use of it, and the connection may linger.
            self._chunks.clear()
            self._size = 0
            raise MessageTooLongError(f"Message exceeds the limit of {self._max_bytes} bytes")
        return messages


def _frame(value: dict[str, Any]) -> bytes:
    """Return *value* as one message including its terminator."""
    return serializer.dumps(value) + TERMINATOR


def encode_request(request: Request) -> bytes:
    """Return the bytes to send for *request*."""
    return _frame(
        {
            c.LUXI_KEY_METHOD: request.method,
            c.LUXI_KEY_ARGS: request.args,
            c.LUXI_KEY_VERSION: c.LUXI_VERSION,
        }
    )


def decode_request(payload: bytes) -> Request:
    """Return the request in a message.

    Raises MalformedRequestError if it is none; the version is optional and not compared.
    """
    try:
        value = serializer.loads(payload)
    except ValueError as err:
        raise MalformedRequestError(f"not valid JSON: {err}") from err
    if not isinstance(value, dict):
        raise MalformedRequestError("request is not a JSON object")
    method, args = value.get(c.LUXI_KEY_METHOD), value.get(c.LUXI_KEY_ARGS)
    if not isinstance(method, str):
        raise MalformedRequestError(f"key '{c.LUXI_KEY_METHOD}' is missing or not a string")
    if not isinstance(args, list):
        raise MalformedRequestError(f"key '{c.LUXI_KEY_ARGS}' is missing or not a list")
    return Request(method, args)


def encode_response(response: Response) -> list[bytes]:
    """Return what to send for *response*, in pieces; no version is sent, because older clients compare it."""
    result = response.result
    pieces = result.pieces if isinstance(result, serializer.JsonPieces) else (serializer.dumps_fast(result),)
    return [_SUCCESS if response.success else _FAILURE, *map(serializer.drop_zero_fractions, pieces), _END]


def decode_response(payload: bytes) -> Response:
    """Return the response in a message.

    Raises ProtocolError if it is none.
    """
    try:
        value = serializer.loads(payload)
    except ValueError as err:
        raise ProtocolError(f"Answer is not JSON: {err}") from err
    if not (isinstance(value, dict) and isinstance(value.get(c.LUXI_KEY_SUCCESS), bool) and c.LUXI_KEY_RESULT in value):
        raise ProtocolError("Answer lacks its success flag or its result")
    return Response(value[c.LUXI_KEY_SUCCESS], value[c.LUXI_KEY_RESULT])
