"""The configuration file from cached pieces is the same as one that is encoded as a whole."""

import uuid
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganeti.config import encode
from ganeti.config.encode import ConfigEncoder
from ganeti.objects import ConfigData, Node, encode_clear
from test.unit.factories import make_config

_NAMES = [str(uuid.UUID(int=number)) for number in range(12)]
_STEP = st.tuples(st.sampled_from(("change", "remove", "move to the end")), st.sampled_from(_NAMES))


def _with_nodes(config: ConfigData, nodes: dict[str, Node]) -> ConfigData:
    return msgspec.structs.replace(config, nodes=nodes, serial_no=config.serial_no + 1)


def _apply(nodes: dict[str, Node], step: tuple[str, str], template: Node) -> dict[str, Node]:
    kind, name = step
    old = nodes.get(name, template)
    new = msgspec.structs.replace(old, uuid=name, serial_no=old.serial_no + 1)
    others = {key: node for key, node in nodes.items() if key != name}
    return {"change": {**nodes, name: new}, "remove": others, "move to the end": {**others, name: new}}[kind]


@given(st.lists(st.lists(_STEP, max_size=4), max_size=12))
def test_any_changes_give_what_a_full_encoding_gives(rounds: list[list[tuple[str, str]]]) -> None:
    config = make_config()
    template = next(iter(config.nodes.values()))
    encoder = ConfigEncoder()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(encode, "_BLOCK", 3)
        for steps in rounds:
            nodes = dict(config.nodes)
            for step in steps:
                nodes = _apply(nodes, step, template)
            config = _with_nodes(config, nodes)
            assert encoder.encode(config) == encode_clear(config) + b"\n"


def test_a_change_encodes_only_its_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    config = make_config()
    template = next(iter(config.nodes.values()))
    for number in range(1000):
        config = _with_nodes(config, _apply(config.nodes, ("change", str(uuid.UUID(int=number))), template))
    encoder = ConfigEncoder()
    encoder.encode(config)
    encoded: list[Any] = []

    def counting(value: Any) -> bytes:
        encoded.extend(value if isinstance(value, dict) else ())
        return encode_clear(value)

    monkeypatch.setattr(encode, "encode_clear", counting)
    for step in (("change", str(uuid.UUID(int=500))), ("remove", str(uuid.UUID(int=501))), ("change", "new")):
        config = _with_nodes(config, _apply(config.nodes, step, template))
        encoded.clear()
        assert encoder.encode(config) == encode_clear(config) + b"\n"
        assert 0 < len(encoded) <= 64
