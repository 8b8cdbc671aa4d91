"""confd's datagrams: the form on the wire, and what is refused."""

import hashlib
import hmac
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganeti.confd import wire
from ganeti.confd.wire import DatagramError, HmacKey, PackedReply, Reply, Request

KEY = b"0123456789abcdef0123456789abcdef01234567\n"
RSALT = "6c1f9c7e-41aa-4c9b-9d1b-0c5a6a2f3b10"
REQUEST_TEXT = (
    '{"protocol": 1, "type": 1, "query": "n1.lab.example.org", "rsalt": "6c1f9c7e-41aa-4c9b-9d1b-0c5a6a2f3b10"}'
)
REQUEST_HMAC = "fc641dc02ec12d02ffd1d6cf027d5f8c24d7f6c9"


def _frame(msg: str = REQUEST_TEXT, salt: str = "1735693200", digest: str = REQUEST_HMAC, magic: str = "plj0") -> bytes:
    return (magic + json.dumps({"msg": msg, "salt": salt, "hmac": digest})).encode()


def test_request_of_another_implementation_is_understood() -> None:
    key = HmacKey(KEY)
    message, salt, used = wire.unpack(_frame(), (key,))
    assert (salt, used) == ("1735693200", key)
    request = wire.decode_request(message)
    assert (request.protocol, request.type, request.rsalt) == (1, 1, RSALT)
    assert bytes(request.query) == b'"n1.lab.example.org"'


def test_signature_of_a_reply_as_another_implementation_computes_it() -> None:
    text = b'{"protocol": 1, "status": 0, "answer": 0, "serial": 17}'
    assert HmacKey(KEY).sign(RSALT.encode() + text) == "6d8fa8ee84a2313aa97c03441998f04266b41636"


@given(st.binary(max_size=100), st.binary(max_size=300))
def test_signatures_are_hmac_sha1(key: bytes, text: bytes) -> None:
    assert HmacKey(key).sign(text) == hmac.digest(key, text, hashlib.sha1).hex()


def test_query_may_be_absent() -> None:
    message = b'{"protocol":1,"type":0,"rsalt":"x"}'
    assert bytes(wire.decode_request(message).query) == b"null"


def test_digest_may_be_upper_case() -> None:
    wire.unpack(_frame(digest=REQUEST_HMAC.upper()), (HmacKey(KEY),))


def test_any_of_the_keys_will_do_and_is_named() -> None:
    old, new = HmacKey(KEY), HmacKey(b"other\n")
    assert wire.unpack(_frame(), (new, old))[2] is old


@pytest.mark.parametrize(
    "datagram",
    [
        b"",
        b"plj",
        b"plj0",
        b"plj0{}",
        b"plj0[]",
        b"plj0\xff\xfe",
        _frame(magic="plj1"),
        _frame(digest=""),
        _frame(digest=REQUEST_HMAC[:-1]),
        _frame(digest="0" * 40),
        _frame(digest="ü" * 40),
        _frame(salt="1735693201"),
        _frame(msg=REQUEST_TEXT.replace("n1", "n2")),
        _frame(msg="\ud800"),
        _frame()[:-1],
        _frame() + b"x",
        b"plj0" + b"[" * 5000,
    ],
)
def test_bad_datagrams_are_refused(datagram: bytes) -> None:
    with pytest.raises(DatagramError):
        wire.unpack(datagram, (HmacKey(KEY),))


@given(st.binary(max_size=400))
def test_garbage_is_refused(garbage: bytes) -> None:
    for datagram in (garbage, wire.MAGIC + garbage):
        with pytest.raises(DatagramError):
            wire.unpack(datagram, (HmacKey(KEY),))


@pytest.mark.parametrize(
    "message", [b"", b"1", b"{}", b'{"protocol":1,"type":"1","rsalt":"x"}', b'{"protocol":1,"type":1,"rsalt":5}']
)
def test_what_is_signed_but_no_request_is_refused(message: bytes) -> None:
    with pytest.raises(DatagramError):
        wire.decode_request(message)


def test_request_goes_through_the_wire() -> None:
    key = HmacKey(KEY)
    request = Request(type=3, query={"3": [0, 1]}, rsalt=RSALT)
    message, salt, _ = wire.unpack(wire.pack_request(request, 1735693200.7, key), (key,))
    assert salt == "1735693200"
    assert json.loads(message) == {"protocol": 1, "type": 3, "query": {"3": [0, 1]}, "rsalt": RSALT}


@given(st.text(max_size=60), st.text(max_size=60))
def test_packed_reply_is_what_a_client_expects(answer: str, salt: str) -> None:
    key = HmacKey(KEY)
    packed = PackedReply(Reply(status=0, answer=answer, serial=5))
    datagram = packed.datagram(salt, key)
    message, got_salt, _ = wire.unpack(datagram, (key,))
    assert got_salt == salt
    assert wire.decode_reply(message) == Reply(status=0, answer=answer, serial=5)


def test_size_of_a_packed_reply() -> None:
    packed = PackedReply(Reply(status=0, answer='a"b', serial=5))
    assert len(packed.datagram(RSALT, HmacKey(KEY))) == packed.size + len(RSALT) + 2
