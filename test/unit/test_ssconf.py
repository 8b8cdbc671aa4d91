"""ssconf files: written as a set, read with a cache that notices changes."""

import os
from pathlib import Path

import pytest

from ganeti import constants as c
from ganeti import errors
from ganeti.ssconf import SsconfReader, write_values


@pytest.fixture
def directory(tmp_path: Path) -> str:
    (tmp_path / "data").mkdir()
    return str(tmp_path / "data")


def write(directory: str, values: dict[str, str]) -> None:
    write_values(values, directory, lock_file=directory + ".lock")


def test_values_end_with_a_newline_in_the_file_only(directory: str) -> None:
    write(directory, {c.SS_CLUSTER_NAME: "cluster", c.SS_CLUSTER_TAGS: "", c.SS_NODE_LIST: "a\nb\n"})
    assert (Path(directory) / "ssconf_cluster_name").read_text() == "cluster\n"
    assert (Path(directory) / "ssconf_cluster_tags").read_text() == ""
    assert os.stat(f"{directory}/ssconf_cluster_name").st_mode & 0o777 == 0o444
    reader = SsconfReader(directory)
    assert reader.cluster_name() == "cluster"
    assert reader.read(c.SS_CLUSTER_TAGS) == ""
    assert reader.node_list() == ["a", "b"]


def test_a_replaced_file_is_read_again(directory: str) -> None:
    reader = SsconfReader(directory)
    for name in ("one", "two", "one"):
        write(directory, {c.SS_MASTER_NODE: name})
        assert reader.master_node() == name


def test_values_may_hold_the_separator(directory: str) -> None:
    write(directory, {c.SS_HVPARAMS_XEN_KVM: "kernel_args=ro root=/dev/vda1\nacpi=True"})
    assert SsconfReader(directory).hvparams("kvm") == {"kernel_args": "ro root=/dev/vda1", "acpi": "True"}


def test_nothing_is_written_if_one_value_is_wrong(directory: str) -> None:
    for wrong in ({"no_such_key": "x"}, {c.SS_NODE_LIST: "x" * (c.MAX_SIZE + 1)}):
        with pytest.raises(errors.ConfigurationError):
            write(directory, {c.SS_CLUSTER_NAME: "cluster", **wrong})
    assert os.listdir(directory) == []


def test_a_value_is_changed_only_if_it_is_the_expected_one(directory: str) -> None:
    write(directory, {c.SS_MASTER_NODE: "n1"})

    def change(old: str, new: str) -> bool:
        values = {c.SS_MASTER_NODE: new}
        return write_values(values, directory, expected={c.SS_MASTER_NODE: old}, lock_file=directory + ".lock")

    assert change("n1", "n2")
    assert not change("n1", "n3")
    assert SsconfReader(directory).master_node() == "n2"
    assert not write_values(
        {c.SS_MASTER_NODE: "n3"}, directory, expected={c.SS_CLUSTER_NAME: "x"}, lock_file=directory + ".lock"
    )


def test_missing_files_have_a_default_or_are_an_error(directory: str) -> None:
    reader = SsconfReader(directory)
    assert reader.primary_ip_family() == 2
    assert reader.read(c.SS_MASTER_NETMASK) == "32"
    assert reader.master_candidates_certs() == {}
    with pytest.raises(errors.ConfigurationError):
        reader.cluster_name()
    write(directory, {c.SS_PRIMARY_IP_FAMILY: "10"})
    assert reader.read(c.SS_MASTER_NETMASK) == "128"


def test_pairs_are_parsed(directory: str) -> None:
    write(
        directory,
        {
            c.SS_MASTER_CANDIDATES_CERTS: "u1=AA:BB\nu2=CC",
            c.SS_SSH_PORTS: "a=22\nb=2222",
            c.SS_NODE_PRIMARY_IPS: "a 192.0.2.1",
        },
    )
    reader = SsconfReader(directory)
    assert reader.master_candidates_certs() == {"u1": "AA:BB", "u2": "CC"}
    assert reader.ssh_ports() == {"a": 22, "b": 2222}
    assert reader.node_primary_ips() == {"a": "192.0.2.1"}
