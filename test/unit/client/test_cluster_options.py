"""Options of gnt-cluster init and modify to parameters."""

from typing import Any

import pytest

from ganeti import errors
from ganeti.bootstrap.params import InitParams
from ganeti.cli import parser
from ganeti.cli.failures import ExitError
from ganeti.client import gnt_cluster
from ganeti.client.cluster import init, parameters, policy
from ganeti.client.cluster.show import ispecs_options
from test.unit.luxi.scripted import Script

from .conftest import Serve, job_answers


def _options(command: str, *words: str) -> Any:
    arguments = ["name"] if command == "init" else []
    return parser.parse("gnt-cluster", gnt_cluster.PROGRAM.by_name[command], [*words, *arguments])[0]


def _build(*words: str) -> InitParams:
    return init.build("cluster.example.com", _options("init", *words))


def test_defaults_are_those_of_a_site_with_lvm_and_drbd() -> None:
    params = _build()
    assert params.enabled_disk_templates == ("drbd", "plain")
    assert (params.vg_name, params.drbd_helper, params.master_netdev) == ("xenvg", "/bin/true", "xen-br0")
    assert (params.mac_prefix, params.candidate_pool_size, params.modify_ssh_setup) == ("aa:00:00", 10, True)


def test_without_lvm_templates_there_is_no_volume_group() -> None:
    params = _build("--enabled-disk-templates=sharedfile,diskless", "--no-ssh-init", "--no-etc-hosts")
    assert (params.vg_name, params.drbd_helper) == (None, None)
    assert (params.modify_ssh_setup, params.modify_etc_hosts) == (False, False)


@pytest.mark.parametrize("words", [["--vg-name="], ["--drbd-usermode-helper="], ["-N", "mode=routed"]])
def test_what_is_needed_cannot_be_empty(words: list[str]) -> None:
    with pytest.raises(ExitError):
        _build(*words)


def test_open_vswitch_brings_its_own_device() -> None:
    params = _build("-N", "mode=openvswitch")
    assert (params.master_netdev, params.nicparams) == ("switch1", {"mode": "openvswitch", "link": "switch1"})


def test_typed_parameters() -> None:
    params = _build(
        "-H", "kvm:kvm_flag=disabled,acpi=false", "-H", "fake:migration_mode=live", "-B", "memory=1g,vcpus=2",
        "--uid-pool", "1000-1019,1025", "--master-netmask", "24", "--maintain-node-health", "yes",
        "--default-iallocator-params", "a=b", "-D", "drbd:resync-rate=1000",
    )  # fmt: skip
    assert params.hvparams["kvm"] == {"kvm_flag": "disabled", "acpi": False}
    assert params.beparams == {"maxmem": 1024, "minmem": 1024, "vcpus": 2}
    assert params.uid_pool == ((1000, 1019), (1025, 1025))
    assert (params.master_netmask, params.maintain_node_health) == (24, True)
    assert params.diskparams == {"drbd": {"resync-rate": 1000}}


@pytest.mark.parametrize(
    "words",
    [
        ["-H", "vmware:x=1"],
        ["-H", "no_kvm"],
        ["--uid-pool", "x"],
        ["--master-netmask", "255.255.255.0"],
        ["--primary-ip-version", "5"],
        ["--ipolicy-bounds-specs", "min:memory-size=1"],
        ["--specs-mem-size", "least=5"],
        ["--specs-mem-size", "min=5", "--ipolicy-std-specs", "memory-size=5"],
        ["--disk-state", "plain:disk_overhead=5"],
        ["-D", "floppy:x=1"],
    ],
)
def test_wrong_parameters_are_refused(words: list[str]) -> None:
    with pytest.raises(errors.OpPrereqError):
        _build(*words)


def test_a_policy_keeps_its_defaults_where_nothing_is_said() -> None:
    given = policy.ipolicy_of(
        _options("init", "--ipolicy-bounds-specs", "min:disk-count=0/max:memory-size=64g", "--ipolicy-vcpu-ratio", "2")
    )
    filled = policy.filled_ipolicy(given)
    (pair,) = filled["minmax"]
    assert (pair["min"]["disk-count"], pair["min"]["cpu-count"]) == (0, 1)
    assert (pair["max"]["memory-size"], pair["max"]["cpu-count"]) == (65536, 8)
    assert (filled["vcpu-ratio"], filled["spindle-ratio"], filled["std"]["memory-size"]) == (2.0, 32.0, 128)


def test_split_specs_make_the_same_policy() -> None:
    given = policy.ipolicy_of(_options("init", "--specs-mem-size", "min=128,max=1g,std=256", "--specs-cpu-count=max=4"))
    assert given == {
        "minmax": [{"min": {"memory-size": 128}, "max": {"memory-size": 1024, "cpu-count": 4}}],
        "std": {"memory-size": 256},
    }


def test_the_policy_can_be_printed_as_options() -> None:
    ipolicy = {
        "std": {"b": 2, "a": 1},
        "minmax": [{"min": {"a": 1}, "max": {"a": 3}}, {"min": {"a": 5}, "max": {"a": 7}}],
    }
    assert ispecs_options(ipolicy) == [
        "--ipolicy-std-specs a=1,b=2",
        "--ipolicy-bounds-specs min:a=1/max:a=3//min:a=5/max:a=7",
    ]


def test_uid_ranges_may_be_empty() -> None:
    assert parameters.uid_ranges("") == []
    assert parameters.uid_ranges(None) is None


def test_modify_sends_only_what_was_given(serve: Serve) -> None:
    server = serve(job_answers())
    words = ["modify", "--enabled-hypervisors", "kvm,fake", "--candidate-pool-size=5", "--user-shutdown", "yes"]
    assert gnt_cluster.main([*words, "--data-collector-interval", "load=2.5,lv=1"]) == 1
    assert gnt_cluster.main([*words, "--data-collector-interval", "lv=2.5"]) == 0
    op = server.calls("SubmitJob")[0][0][0]
    given = {key: value for key, value in op.items() if value is not None and key not in ("reason", "debug_level")}
    assert given == {
        "OP_ID": "OP_CLUSTER_SET_PARAMS", "priority": 0, "force": False, "enabled_hypervisors": ["kvm", "fake"],
        "candidate_pool_size": 5, "enabled_user_shutdown": True, "data_collector_interval": {"lv": 2500000},
    }  # fmt: skip


def test_modify_without_change_fails(serve: Serve) -> None:
    server = serve({})
    assert gnt_cluster.main(["modify"]) == 1
    assert server.requests == []


def test_modify_follows_the_jobs_that_it_causes(serve: Serve, capsys: pytest.CaptureFixture[str]) -> None:
    answers = job_answers()
    answers["QueryJobs"] = Script(
        [["success", ["success"], [{"jobs": [[True, 20]]}]]], [["error", ["error"], ["no network"]]]
    )
    serve(answers)
    assert gnt_cluster.main(["modify", "--instance-communication-network", "comm"]) == 1
    assert "Job 20 has failed: Failure: command execution error:\nno network" in capsys.readouterr().err


def test_an_os_can_let_go_of_parameters_and_of_hypervisors() -> None:
    given = [("kvm", {"acpi": "default", "kernel_path": "/x"}), ("fake", None)]
    assert parameters.os_hypervisors_parameters(given) == {
        "kvm": {"acpi": "default", "kernel_path": "/x"},
        "fake": None,
    }
    for wrong in ([("kvm", None), ("kvm", {"acpi": True})], [("fake", None), ("fake", None)], [("qemu", None)]):
        with pytest.raises(errors.OpPrereqError):
            parameters.os_hypervisors_parameters(wrong)
