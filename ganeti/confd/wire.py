"""The datagrams of confd: frame, signature, what is in requests and replies.

A datagram is four bytes that name the format, then a JSON object with the message (JSON as text), a salt and the HMAC
of both. A request's salt is the time, so that an old one cannot be used again; a reply's salt is what the request asked
for.
"""

import hashlib
import hmac
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from ganeti import constants as c

MAGIC: Final = c.CONFD_MAGIC_FOURCC_BYTES.encode("ascii")
_MAGIC_SIZE: Final = len(MAGIC)
_BLOCK_SIZE: Final = 64
_INNER: Final = bytes(byte ^ 0x36 for byte in range(256))
_OUTER: Final = bytes(byte ^ 0x5C for byte in range(256))
_HEX_DIGITS: Final = 2 * hashlib.sha1().digest_size


class DatagramError(ValueError):
    """A datagram that must be dropped: not ours, garbage, or not signed with our key."""


class HmacKey:
    """Signs with HMAC-SHA1, the hash states after the two halves of the key computed once for all (RFC 2104)."""

    def __init__(self, content: bytes) -> None:
        """*content* is that of the key file, with its newline."""
        key = hashlib.sha1(content).digest() if len(content) > _BLOCK_SIZE else content
        block = key.ljust(_BLOCK_SIZE, b"\0")
        self._inner = hashlib.sha1(block.translate(_INNER))
        self._outer = hashlib.sha1(block.translate(_OUTER))

    def sign(self, text: bytes) -> str:
        """Return the signature of *text* as lower-case hex digits."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(text)
        outer.update(inner.digest())
        return outer.hexdigest()


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What a client asks; the reply's salt will be *rsalt*."""

    protocol: int = c.CONFD_PROTOCOL_VERSION
    type: int
    query: Any = None
    rsalt: str


class RawRequest(msgspec.Struct, frozen=True):
    """A request whose query is not decoded: its text alone lets the server find an answer that it gave before."""

    protocol: int
    type: int
    rsalt: str
    query: msgspec.Raw = msgspec.Raw(b"null")


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """An answer; *serial* tells how new the data are that it comes from."""

    protocol: int = c.CONFD_PROTOCOL_VERSION
    status: int
    answer: Any = None
    serial: int


class _Frame(msgspec.Struct, frozen=True):
    msg: str
    salt: str
    hmac: str


_FRAME_DECODER: Final = msgspec.json.Decoder(_Frame)
_REQUEST_DECODER: Final = msgspec.json.Decoder(RawRequest)
_REPLY_DECODER: Final = msgspec.json.Decoder(Reply)


def unpack(datagram: bytes, keys: Sequence[HmacKey]) -> tuple[bytes, str, HmacKey]:
    """Return (message, salt, the one of *keys* that it is signed with).

    Raises DatagramError.
    """
    if datagram[:_MAGIC_SIZE] != MAGIC:
        raise DatagramError("does not start with the magic number")
    try:
        frame = _FRAME_DECODER.decode(memoryview(datagram)[_MAGIC_SIZE:])
        message = frame.msg.encode()
        signed = frame.salt.encode() + message
        given = frame.hmac.lower().encode("ascii")
    except ValueError as err:
        raise DatagramError(f"is not a signed message: {err}") from None
    if len(given) == _HEX_DIGITS:
        for key in keys:
            if hmac.compare_digest(key.sign(signed).encode("ascii"), given):
                return message, frame.salt, key
    raise DatagramError("has a wrong signature")


def pack(message: bytes, salt: str, key: HmacKey) -> bytes:
    """Return the datagram for a message (JSON)."""
    frame = _Frame(message.decode(), salt, key.sign(salt.encode() + message))
    return MAGIC + msgspec.json.encode(frame)


def pack_request(request: Request, now: float, key: HmacKey) -> bytes:
    """Return the datagram for a request that is sent *now* (Unix time)."""
    return pack(msgspec.json.encode(request), str(int(now)), key)


def decode_request(message: bytes) -> RawRequest:
    """Return the request in a message; raises DatagramError."""
    try:
        return _REQUEST_DECODER.decode(message)
    except ValueError as err:
        raise DatagramError(f"is not a request: {err}") from None


def decode_reply(message: bytes) -> Reply:
    """Return the reply in a message; raises DatagramError."""
    try:
        return _REPLY_DECODER.decode(message)
    except ValueError as err:
        raise DatagramError(f"is not a reply: {err}") from None


class PackedReply:
    """A reply that is sent many times: only salt and signature differ."""

    __slots__ = ("_message", "_quoted")

    def __init__(self, reply: Reply) -> None:
        """Encode *reply*."""
        self._message = msgspec.json.encode(reply)
        self._quoted = msgspec.json.encode(self._message.decode())

    @property
    def size(self) -> int:
        """Bytes that a datagram with it takes, apart from the salt."""
        return len(self._quoted) + len(MAGIC) + _HEX_DIGITS + len(b'{"msg":,"salt":,"hmac":""}')

    def datagram(self, salt: str, key: HmacKey) -> bytes:
        """Return the datagram for a client that asked for *salt*."""
        signature = key.sign(salt.encode() + self._message).encode("ascii")
        quoted_salt = msgspec.json.encode(salt)
        return b'plj0{"msg":%b,"salt":%b,"hmac":"%b"}' % (self._quoted, quoted_salt, signature)
