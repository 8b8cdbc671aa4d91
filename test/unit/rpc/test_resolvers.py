"""Where nodes are reached."""

from pathlib import Path

import msgspec
import pytest

from ganeti import errors
from ganeti.rpc.resolvers import ConfigResolver, DnsResolver, Offline, SsconfResolver, StaticResolver, Unresolved
from ganeti.ssconf import SsconfReader
from ganeti.utils import net
from test.unit.factories import make_config, make_node, node_uuid


@pytest.fixture(autouse=True)
def dns(monkeypatch: pytest.MonkeyPatch) -> None:
    def look_up(name: str, family: int | None = None) -> str:
        if name != "known.example.com":
            raise errors.ResolverError(name, -2, "Name or service not known")
        return "198.51.100.1"

    monkeypatch.setattr(net, "resolve", look_up)


def test_configuration_knows_uuids_and_leaves_names_to_dns() -> None:
    config = make_config()
    resolver = ConfigResolver(lambda: config)
    assert resolver.resolve(node_uuid(1), offline_ok=False) == config.nodes[node_uuid(1)].primary_ip
    assert resolver.resolve("known.example.com", offline_ok=False) == "198.51.100.1"


def test_nodes_marked_offline_have_an_address_only_for_calls_that_want_it() -> None:
    node = make_node(1, offline=True)
    config = msgspec.structs.replace(make_config(), nodes={node.uuid: node})
    resolver = ConfigResolver(lambda: config)
    assert resolver.resolve(node.uuid, offline_ok=False) == Offline()
    assert resolver.resolve(node.uuid, offline_ok=True) == node.primary_ip


def test_changes_of_the_configuration_are_seen() -> None:
    configs = [make_config()]
    resolver = ConfigResolver(lambda: configs[-1])
    moved = make_node(1, primary_ip="203.0.113.9")
    configs.append(msgspec.structs.replace(configs[0], nodes={moved.uuid: moved}))
    assert resolver.resolve(moved.uuid, offline_ok=False) == "203.0.113.9"


def test_ssconf_comes_before_dns(tmp_path: Path) -> None:
    resolver = SsconfResolver(SsconfReader(str(tmp_path)))
    assert resolver.resolve("known.example.com", offline_ok=False) == "198.51.100.1"
    (tmp_path / "ssconf_node_primary_ips").write_text("known.example.com 192.0.2.5\n")
    assert resolver.resolve("known.example.com", offline_ok=False) == "192.0.2.5"


def test_list_and_its_fallback() -> None:
    assert StaticResolver({"a": "192.0.2.1"}).resolve("a", offline_ok=False) == "192.0.2.1"
    assert isinstance(StaticResolver({}).resolve("a", offline_ok=False), Unresolved)
    assert StaticResolver({}, DnsResolver()).resolve("192.0.2.7", offline_ok=False) == "192.0.2.7"


def test_unknown_host_name_is_explained() -> None:
    answer = DnsResolver().resolve("nowhere.example.com", offline_ok=False)
    assert answer == Unresolved("Failed to resolve nowhere.example.com: Name or service not known")
