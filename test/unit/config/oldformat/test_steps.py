"""Configurations of former releases in the format of this one, and back by one."""

import itertools
import time
from typing import Any

import msgspec
import pytest

from ganeti import constants as c
from ganeti.config import load, verify
from ganeti.config.encode import ConfigEncoder
from ganeti.config.generate import generate_config
from ganeti.config.oldformat import steps, versions
from ganeti.errors import ConfigurationError
from test.unit.config.oldformat import oldconfigs
from test.unit.config.oldformat.oldconfigs import GROUP, INSTANCE, NETWORK, NODE, Json


def upgraded(old: Json) -> Json:
    numbers = itertools.count(1)
    outcome = steps.run(old, steps.upgrade_steps(lambda: f"f0000000-0000-4000-8000-{next(numbers):012d}"))
    assert outcome.problems == []
    return outcome.config


def loaded(config: Json) -> Any:
    return load.parse(msgspec.json.encode(config))[0]


@pytest.mark.parametrize("minor", [*range(17)])
def test_all_versions_of_2_are_accepted(minor: int) -> None:
    assert versions.check_upgradable(2000000 + 10000 * minor + 3) == (2, minor, 3)


@pytest.mark.parametrize("version", [1020000, 2170000, 3020000, 4000000])
def test_other_versions_are_refused(version: int) -> None:
    with pytest.raises(ConfigurationError, match="no way"):
        versions.check_upgradable(version)


def test_only_one_step_down() -> None:
    assert versions.check_downgradable(3010000) == (3, 1, 0)
    assert versions.check_downgradable(3000000) == (3, 0, 0)
    with pytest.raises(ConfigurationError, match="can be made"):
        versions.check_downgradable(2160000)


def test_a_configuration_without_uuids_gets_them_everywhere() -> None:
    config = loaded(upgraded(oldconfigs.version_2_0()))
    assert verify.structural_problems(config) == []
    (instance,) = config.instances.values()
    primary = config.nodes[instance.primary_node]
    assert primary.name == "n1.example.com"
    assert config.cluster.master_node == primary.uuid
    (disk,) = config.disks.values()
    assert instance.disks == (disk.uuid,)
    assert (disk.dev_type, disk.iv_name, disk.nodes) == (c.DT_DRBD8, "disk/0", tuple(disk.logical_id[:2]))
    assert {config.nodes[uuid].name for uuid in disk.nodes} == {"n1.example.com", "n2.example.com"}
    assert [child.dev_type for child in disk.children] == [c.DT_PLAIN, c.DT_PLAIN]
    assert (disk.serial_no, disk.ctime, disk.mtime) == (1, 1000.0, 2000.0)
    assert instance.nics[0].nicparams == {"mode": "bridged", "link": "xen-br1"}
    assert instance.admin_state == c.ADMINST_UP
    assert instance.beparams == {"minmem": 512, "maxmem": 512}
    (group,) = config.nodegroups.values()
    assert {node.group for node in config.nodes.values()} == {group.uuid}
    assert config.cluster.enabled_hypervisors == ("xen-hvm", "xen-pvm")
    assert config.cluster.nicparams["default"]["link"] == "xen-br0"
    assert (config.cluster.ssh_key_type, config.cluster.ssh_key_bits) == ("dsa", 1024)
    assert "xen_cmd" not in config.cluster.hvparams["xen-pvm"]


def test_policies_networks_and_values_of_2_6() -> None:
    config = loaded(upgraded(oldconfigs.version_2_6()))
    (pair,) = config.cluster.ipolicy["minmax"]
    assert (pair["min"]["memory-size"], pair["max"]["memory-size"]) == (64, 4096)
    assert pair["max"]["cpu-count"] == c.IPOLICY_DEFAULTS["minmax"][0]["max"]["cpu-count"]
    policy = config.nodegroups[GROUP].ipolicy
    assert "std" not in policy
    assert policy["minmax"][0]["max"]["memory-size"] == 1024
    assert policy["minmax"][0]["min"]["memory-size"] == 64
    instance = config.instances[INSTANCE]
    assert instance.nics[0].network == NETWORK
    assert instance.hvparams == {"disk_discard": "ignore"}
    assert config.cluster.hvparams["kvm"]["disk_discard"] == "ignore"
    (disk,) = config.disks.values()
    assert (disk.nodes, disk.iv_name) == ((NODE,), "disk/0")
    assert config.cluster.candidate_certs == {NODE: "AA:BB"}


def test_missing_spindles_are_told(caplog: pytest.LogCaptureFixture) -> None:
    upgraded(oldconfigs.version_2_6())
    assert "spindles is not known" in caplog.text


def test_converting_twice_changes_nothing() -> None:
    for old in (oldconfigs.version_2_0(), oldconfigs.version_2_6()):
        once = upgraded(old)
        assert upgraded(once) == once


def test_steps_leave_their_input_alone() -> None:
    for make in (oldconfigs.version_2_0, oldconfigs.version_2_6):
        old = make()
        upgraded(old)
        assert old == make()


def test_a_failing_step_is_reported_and_the_others_go_on() -> None:
    old = oldconfigs.version_2_6()
    old["instances"]["b.example.com"]["primary_node"] = "stranger.example.com"
    outcome = steps.run(old, steps.upgrade_steps())
    assert any("stranger.example.com" in problem for problem in outcome.problems)
    assert outcome.config["version"] == c.CONFIG_VERSION


def test_a_damaged_part_is_reported() -> None:
    old = oldconfigs.version_2_6()
    old["instances"] = ["not", "a", "dictionary"]
    assert any("damaged" in problem for problem in steps.run(old, steps.upgrade_steps()).problems)


def test_down_and_up_again() -> None:
    config = msgspec.json.decode(ConfigEncoder().encode(generate_config(nodes=3, instances=4)))
    (group,) = config["nodegroups"].values()
    group["diskparams"] = {"rbd": {"user-id": "me", "pool": "p"}}
    outcome = steps.run(config, steps.downgrade_steps())
    assert outcome.problems == []
    down = outcome.config
    assert down["version"] == 3000000
    assert down["cluster"]["hvparams"]["xen-hvm"]["xen_cmd"] == "xl"
    assert "user-id" not in down["cluster"]["diskparams"]["rbd"]
    assert next(iter(down["nodegroups"].values()))["diskparams"] == {"rbd": {"pool": "p"}}
    assert steps.run(down, steps.downgrade_steps()).config == down
    again = loaded(upgraded(down))
    assert verify.structural_problems(again) == []
    assert len(again.instances) == 4


def test_a_configuration_of_this_release_is_only_written_anew() -> None:
    current = msgspec.json.decode(ConfigEncoder().encode(generate_config(nodes=2, instances=1)))
    # Unlike in an old configuration, what is missing has the default of today.
    del current["cluster"]["ssh_key_type"]
    outcome = steps.run({**current, "version": 3010004}, steps.rewrite_steps())
    assert outcome == (current, [])
    assert loaded(outcome.config).cluster.ssh_key_type == "rsa"


@pytest.mark.parametrize("version", [*range(2000000, 2170000, 10000), 3000000])
@pytest.mark.parametrize("make", [oldconfigs.version_2_0, oldconfigs.version_2_6])
def test_every_version_leads_to_this_one(version: int, make: Any) -> None:
    config = loaded(upgraded({**make(), "version": version}))
    assert (config.version, verify.structural_problems(config)) == (c.CONFIG_VERSION, [])


def test_5000_instances_of_3_0_load_in_a_second() -> None:
    current = msgspec.json.decode(ConfigEncoder().encode(generate_config(nodes=100, instances=5000)))
    old = steps.run(current, steps.downgrade_steps()).config
    content = msgspec.json.encode(upgraded(old))
    # Processor time: other programs may keep this machine busy.
    started = time.process_time()
    config, _ = load.parse(content)
    problems = verify.structural_problems(config)
    assert time.process_time() - started < 1.0
    assert problems == []
    assert len(config.instances) == 5000
