"""Framing and messages of LUXI."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganeti.luxi import wire
from ganeti.luxi.errors import ProtocolError

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.lists(JSON), st.integers(min_value=1, max_value=7))
def test_messages_survive_any_cutting_of_the_stream(args: list[object], step: int) -> None:
    request = wire.Request("SubmitJob", args)
    stream = wire.encode_request(request) * 2
    buffer = wire.FrameBuffer()
    messages = [
        message for start in range(0, len(stream), step) for message in buffer.feed(stream[start : start + step])
    ]
    assert [wire.decode_request(message) for message in messages] == [request, request]
    assert buffer.is_empty


def test_a_message_without_end_is_refused_before_it_fills_the_memory() -> None:
    buffer = wire.FrameBuffer(max_bytes=10)
    buffer.feed(b"12345")
    with pytest.raises(wire.MessageTooLongError):
        buffer.feed(b"678901")
    assert buffer.is_empty


def test_version_of_a_request_is_optional_and_white_space_after_it_allowed() -> None:
    assert wire.decode_request(b'{"method": "Query", "args": []}\n') == wire.Request("Query", [])


@pytest.mark.parametrize(
    "payload", [b"", b"[]", b'{"method": 1, "args": []}', b'{"method": "x"}', b'{"method": "x", "args": {}}', b"\xff"]
)
def test_what_is_no_request_is_refused_with_a_reason(payload: bytes) -> None:
    with pytest.raises(wire.MalformedRequestError) as caught:
        wire.decode_request(payload)
    assert str(caught.value)


def test_responses_carry_no_version_because_old_clients_compare_it() -> None:
    assert b"version" not in b"".join(wire.encode_response(wire.Response(True, None)))


@pytest.mark.parametrize("payload", [b"x", b'{"success": true}', b'{"success": 1, "result": 1}', b"[true, 1]"])
def test_what_is_no_response_is_a_protocol_error(payload: bytes) -> None:
    with pytest.raises(ProtocolError):
        wire.decode_response(payload)
