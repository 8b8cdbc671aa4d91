"""JSON in lines: what is printed, and what is refused."""

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganeti.tools import fmtjson
from ganeti.tools.common import ToolError


@pytest.fixture
def stdin(monkeypatch: pytest.MonkeyPatch) -> io.BytesIO:
    content = io.BytesIO()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(content))
    return content


def feed(stdin: io.BytesIO, content: bytes) -> None:
    stdin.write(content)
    stdin.seek(0)


def test_keys_are_sorted_and_lines_indented(stdin: io.BytesIO, capsys: pytest.CaptureFixture[str]) -> None:
    feed(stdin, '{"b":[1,{}],"a":"\u00e4"}'.encode())
    assert fmtjson.main([]) == 0
    assert capsys.readouterr().out == '{\n  "a": "\\u00e4",\n  "b": [\n    1,\n    {}\n  ]\n}\n'


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
)


@given(JSON)
def test_the_value_stays_the_same(value: object) -> None:
    text = json.dumps(value)
    assert json.loads(fmtjson.formatted(text)) == value
    assert fmtjson.formatted(fmtjson.formatted(text)) == fmtjson.formatted(text)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_json_is_refused(content: bytes, stdin: io.BytesIO, capsys: pytest.CaptureFixture[str]) -> None:
    feed(stdin, content)
    assert fmtjson.main([]) == 1
    output = capsys.readouterr()
    assert (output.out, output.err.startswith("fmtjson: standard input is not JSON")) == ("", True)


def test_arguments_are_refused_before_anything_is_read(capsys: pytest.CaptureFixture[str]) -> None:
    assert fmtjson.main(["config.data"]) == 1
    assert "Usage" in capsys.readouterr().err
    with pytest.raises(ToolError):
        fmtjson.formatted("nonsense")
