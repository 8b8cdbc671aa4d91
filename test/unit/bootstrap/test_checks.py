"""What gnt-cluster init refuses, with which code, before anything is changed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ganeti import constants as c
from ganeti import pathutils
from ganeti.bootstrap import checks, nodefacts
from ganeti.bootstrap.initial_config import initial_config
from ganeti.bootstrap.params import InitParams
from ganeti.config import verify
from ganeti.config.load import parse
from ganeti.config.ssconf_values import ssconf_values
from ganeti.errors import OpPrereqError, ResolverError
from ganeti.objects import encode_clear
from ganeti.utils import net

ADDRESSES = {"node1.example.com": "192.0.2.11", "cluster.example.com": "192.0.2.1"}

PARAMS = InitParams(
    cluster_name="cluster.example.com",
    master_netdev="br0",
    enabled_hypervisors=(c.HT_FAKE,),
    enabled_disk_templates=(c.DT_DISKLESS,),
    modify_ssh_setup=False,
    default_iallocator="",
)


@pytest.fixture(autouse=True)
def host(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A host without a cluster: names, addresses and devices as the tests want them."""

    def resolve(name: str, family: int | None = None) -> str:
        del family
        if name not in ADDRESSES:
            raise ResolverError(name, -2, "Name or service not known")
        return ADDRESSES[name]

    data = tmp_path / "data"
    data.mkdir()
    monkeypatch.setattr(pathutils, "DATA_DIR", str(data))
    monkeypatch.setattr(pathutils, "QUEUE_DIR", str(data / "queue"))
    monkeypatch.setattr(pathutils, "JOB_QUEUE_ARCHIVE_DIR", str(data / "queue" / "archive"))
    monkeypatch.setattr(pathutils, "CLUSTER_CONF_FILE", str(data / "config.data"))
    monkeypatch.setattr(pathutils, "FILE_STORAGE_PATHS_FILE", str(tmp_path / "file-storage-paths"))
    monkeypatch.setattr(net, "own_hostname", lambda: "node1.example.com")
    monkeypatch.setattr(net, "resolve", resolve)
    monkeypatch.setattr(net, "fqdn", lambda name, family=None: (name, resolve(name, family)))
    monkeypatch.setattr(net, "tcp_ping", lambda *args, **kwargs: False)
    monkeypatch.setattr(net, "own_addresses", lambda: frozenset({"192.0.2.11", "198.51.100.11", "127.0.0.1"}))
    monkeypatch.setattr(nodefacts, "netdev_exists", lambda name: name == "br0")
    monkeypatch.setattr(nodefacts, "volume_group_size_mib", {"xenvg": 50000, "small": 100}.get)
    monkeypatch.setattr(nodefacts, "drbd_usermode_helper", lambda: "/bin/true")
    return data


def with_changes(**changes: Any) -> InitParams:
    return msgspec.structs.replace(PARAMS, **changes)


def test_a_good_host_passes_and_gives_a_consistent_configuration() -> None:
    facts = checks.check_all(PARAMS)
    assert (facts.hostname, facts.primary_ip, facts.secondary_ip) == ("node1.example.com", "192.0.2.11", "192.0.2.11")
    config = initial_config(PARAMS, facts, now=5.0)
    certified = msgspec.structs.replace(config.cluster, candidate_certs={config.cluster.master_node: "AA"})
    config = msgspec.structs.replace(config, cluster=certified)
    assert verify.all_problems(config) == []
    assert parse(encode_clear(config)) == (config, False)
    assert set(ssconf_values(config)) == set(c.VALID_SS_KEYS)


def test_every_parameter_may_be_partial() -> None:
    params = with_changes(
        enabled_disk_templates=(c.DT_DRBD8, c.DT_PLAIN),
        vg_name="xenvg",
        drbd_helper="/bin/true",
        beparams={"memory": "1g"},
        hvparams={"fake": {"migration_mode": "live"}},
        ipolicy={"vcpu-ratio": 8},
        secondary_ip="198.51.100.11",
        master_netmask=24,
    )
    facts = checks.check_all(params)
    assert (facts.beparams["minmem"], facts.beparams["maxmem"]) == (1024, 1024)
    assert facts.ipolicy["disk-templates"] == ["drbd", "plain"]
    assert facts.diskparams["drbd"]["metavg"] == "xenvg"
    assert (facts.secondary_ip, facts.netmask) == ("198.51.100.11", 24)


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no hypervisor": ({"enabled_hypervisors": ()}, c.ECODE_INVAL),
    "unknown hypervisor": ({"enabled_hypervisors": ("vmware",)}, c.ECODE_INVAL),
    "no template": ({"enabled_disk_templates": ()}, c.ECODE_INVAL),
    "unknown template": ({"enabled_disk_templates": ("zfs",)}, c.ECODE_INVAL),
    "IP version": ({"primary_ip_version": 5}, c.ECODE_INVAL),
    "unknown cluster name": ({"cluster_name": "nowhere"}, c.ECODE_RESOLVER),
    "secondary address invalid": ({"secondary_ip": "fd00::1"}, c.ECODE_INVAL),
    "secondary address not ours": ({"secondary_ip": "198.51.100.99"}, c.ECODE_ENVIRON),
    "netmask": ({"master_netmask": 33}, c.ECODE_INVAL),
    "volume group missing": ({"enabled_disk_templates": ("plain",), "vg_name": "other"}, c.ECODE_INVAL),
    "volume group small": ({"enabled_disk_templates": ("plain",), "vg_name": "small"}, c.ECODE_INVAL),
    "DRBD helper differs": (
        {"enabled_disk_templates": ("drbd",), "vg_name": "xenvg", "drbd_helper": "/bin/false"},
        c.ECODE_INVAL,
    ),
    "empty storage directory": ({"enabled_disk_templates": ("file",), "file_storage_dir": ""}, c.ECODE_INVAL),
    "relative storage directory": ({"enabled_disk_templates": ("file",), "file_storage_dir": "x"}, c.ECODE_INVAL),
    "storage directory not allowed": ({"enabled_disk_templates": ("file",), "file_storage_dir": "/x"}, c.ECODE_INVAL),
    "MAC prefix": ({"mac_prefix": "aa:00"}, c.ECODE_INVAL),
    "device": ({"master_netdev": "nodev"}, c.ECODE_INVAL),
    "backend parameter": ({"beparams": {"x": 1}}, c.ECODE_INVAL),
    "memory limits": ({"beparams": {"minmem": 200, "maxmem": 100}}, c.ECODE_INVAL),
    "NIC mode": ({"nicparams": {"mode": "pool"}}, c.ECODE_INVAL),
    "hypervisor parameter": ({"hvparams": {"fake": {"x": 1}}}, c.ECODE_INVAL),
    "disk parameter": ({"diskparams": {"plain": {"metavg": "x"}}}, c.ECODE_INVAL),
    "policy key": ({"ipolicy": {"x": 1}}, c.ECODE_INVAL),
    "SSH key": ({"ssh_key_type": "rsa", "ssh_key_bits": 512}, c.ECODE_INVAL),
    "DSA key": ({"ssh_key_type": "dsa", "ssh_key_bits": 2048}, c.ECODE_INVAL),
    "allocator": ({"default_iallocator": "no-such-allocator"}, c.ECODE_INVAL),
    "candidate pool": ({"candidate_pool_size": 0}, c.ECODE_INVAL),
    "user ids": ({"uid_pool": ((5, 3),)}, c.ECODE_INVAL),
    "image to install": ({"install_image": "image"}, c.ECODE_INVAL),
    "image for zeroing": ({"zeroing_image": "image"}, c.ECODE_INVAL),
    "hypervisor state": ({"hv_state": {"qemu": {"mem_node": 1}}}, c.ECODE_INVAL),
    "disk state": ({"disk_state": {"file": {"x": {}}}}, c.ECODE_INVAL),
    "policy template": ({"ipolicy": {"disk-templates": ["diskless", "zfs"]}}, c.ECODE_INVAL),
    "ratio": ({"ipolicy": {"vcpu-ratio": "default"}}, c.ECODE_INVAL),
    "gluster directory": ({"enabled_disk_templates": ("gluster",)}, c.ECODE_INVAL),
    "compression tools": ({"compression_tools": ("lzop",)}, c.ECODE_INVAL),
    "compression tool none": ({"compression_tools": ("gzip", "none")}, c.ECODE_INVAL),
}


@pytest.mark.parametrize(("changes", "code"), REFUSED.values(), ids=REFUSED.keys())
def test_wrong_parameters_are_refused(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(OpPrereqError) as caught:
        checks.check_all(with_changes(**changes))
    assert caught.value.args[1] == code


def _initialised(host: Path) -> None:
    (host / "config.data").touch()


def _leftover(host: Path) -> None:
    (host / "queue" / "archive").mkdir(parents=True)
    (host / "queue" / "archive" / "job-1").touch()


@pytest.mark.parametrize("prepare", [_initialised, _leftover])
def test_a_host_with_a_cluster_is_refused(host: Path, prepare: Callable[[Path], None]) -> None:
    prepare(host)
    with pytest.raises(OpPrereqError) as caught:
        checks.check_all(PARAMS)
    assert caught.value.args[1] == c.ECODE_STATE


def test_an_address_that_answers_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(net, "tcp_ping", lambda *args, **kwargs: True)
    with pytest.raises(OpPrereqError) as caught:
        checks.check_all(PARAMS)
    assert caught.value.args[1] == c.ECODE_NOTUNIQUE


@pytest.mark.parametrize("address", ["127.0.1.1", "192.0.2.99"])
def test_a_host_name_must_resolve_to_an_own_address(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setitem(ADDRESSES, "node1.example.com", address)
    with pytest.raises(OpPrereqError) as caught:
        checks.check_all(PARAMS)
    assert caught.value.args[1] == c.ECODE_ENVIRON


def test_managing_ssh_needs_a_host_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nodefacts, "public_key_blob", lambda path: None)
    with pytest.raises(OpPrereqError) as caught:
        checks.check_all(with_changes(modify_ssh_setup=True))
    assert caught.value.args[1] == c.ECODE_ENVIRON
    assert checks.check_all(PARAMS).rsa_host_key == ""


@pytest.mark.parametrize(
    ("text", "size"),
    [("  20480.00\n", 20480), (" 12,50 ", 12), ("WARNING: x\n  99.99", 99), ("", None), ("none", None)],
)
def test_sizes_of_volume_groups_are_parsed(text: str, size: int | None) -> None:
    assert nodefacts.parse_size_mib(text) == size
