"""What administrators get wrong on the command line: each with its text and exit code, and nothing is changed."""

from collections.abc import Iterator
from typing import Final, NamedTuple

import pytest

from test.cluster.unchanged import unchanged
from test.cluster.virtual import VirtualCluster

VICTIM: Final = "victim"
NEW: Final = "newcomer"
#: Codes of prerequisite errors, as they are printed.
INVALID, UNKNOWN, EXISTS, STATE = "wrong_input", "unknown_entity", "already_exists", "wrong_state"
ENVIRONMENT, RESOURCES = "environment_error", "insufficient_resources"
USAGE: Final = "Usage: "


class Case(NamedTuple):
    """A command without the program's common part, and what its error output must hold."""

    name: str
    argv: str
    expected: tuple[str, ...]


def case(name: str, argv: str, *expected: str) -> Case:
    """Return a case; words of *argv* are separated by blanks, NODE stands for a node."""
    return Case(name, argv, expected)


#: Options for gnt-instance add that replace or follow the good ones.
ADDITIONS: Final = (
    case("unknown node", "-n nowhere", UNKNOWN, "'nowhere'"),
    case("unknown os", "-o nosuchos", "nosuchos"),
    case("unknown variant", "-o busybox+huge", "huge"),
    case("missing variant", "-o busybox", "must include a variant"),
    case("unknown unit", "--disk 0:size=16x", INVALID, "'16x'"),
    case("negative size", "--disk 0:size=-5", INVALID, "'-5'"),
    case("empty size", "--disk 0:size=", INVALID, "size"),
    case("no number", "--disk 0:size=much", INVALID, "'much'"),
    case("absurd size", "--disk 0:size=99999999999999999999t", INVALID, "disk-size/0"),
    case("size above the policy", "--disk 0:size=2t", INVALID, "disk-size/0"),
    case("size zero", "--disk 0:size=0", INVALID, "disk-size/0"),
    case("disk without size", "--disk 0:mode=rw", INVALID, "size"),
    case("no disk number", "--disk x:size=16m", INVALID, "'x'"),
    case("gap in the disks", "--disk 1:size=16m", INVALID, "disk 0"),
    case("too many disks", "--disk 16:size=16m", INVALID, "disk"),
    case("unknown disk parameter", "--disk 0:size=16m,colour=red", INVALID, "'colour'"),
    case("bad disk mode", "--disk 0:size=16m,mode=zz", INVALID, "'zz'"),
    case("unknown option", "--frobnicate", USAGE, "--frobnicate"),
    case("option without value", "--disk-template", USAGE, "--disk-template"),
    case("memory no number", "-B memory=abc", "'memory'", "abc"),
    case("memory negative", "-B memory=-5", "'memory'", "-5"),
    case("memory absurd", "-B memory=999999999999", INVALID, "memory-size"),
    case("minmem above maxmem", "-B minmem=512,maxmem=128", INVALID, "512", "128"),
    case("vcpus no number", "-B vcpus=x", "'vcpus'"),
    case("vcpus zero", "-B vcpus=0", INVALID, "CPU"),
    case("unknown backend parameter", "-B colour=red", "'colour'"),
    case("unknown hypervisor parameter", "-H fake:colour=red", "'colour'"),
    case("hypervisor parameter of the wrong type", "-H kvm:vnc_x509_verify=perhaps", "'vnc_x509_verify'"),
    case("hypervisor parameter with a bad value", "-H kvm:boot_order=nowhere", INVALID, "boot_order"),
    case("global hypervisor parameter", "-H kvm:migration_port=99", INVALID, "migration_port"),
    case("hypervisor that is not enabled", "-H lxc", STATE, "lxc"),
    case("hypervisor that does not exist", "-H wurst", "'wurst'"),
    case("template that is not enabled", "-t plain", "'plain'"),
    case("template that does not exist", "-t wurst", USAGE, "'wurst'"),
    case("directory outside of the storage", "--file-storage-dir=../../elsewhere", INVALID, "../../elsewhere"),
    case("absolute directory", "--file-storage-dir=/etc", INVALID, "/etc"),
    case("unknown driver", "--file-driver=magic", USAGE, "'magic'"),
    case("bad address", "--net 0:ip=999.1.1.1", INVALID, "'999.1.1.1'"),
    case("bad mac", "--net 0:mac=zz", INVALID, "zz"),
    case("bad nic mode", "--net 0:mode=zz", INVALID, "'zz'"),
    case("unknown nic parameter", "--net 0:colour=red", "'colour'"),
    case("missing bridge", "--net 0:link=nosuchbr", ENVIRONMENT, "nosuchbr"),
    case("unknown network", "--net 0:network=nosuchnet", UNKNOWN, "'nosuchnet'"),
    case("bad tag", "--tags=a%b", INVALID, "a%b"),
)

#: Names that no instance can have.
NAMES: Final = ("", " ", "a b", "..", "../../etc/passwd", "a/b", "UPPER CASE", "ä", "a\nb", "$(id)", "x" * 300)

#: Other commands.
COMMANDS: Final = (
    case("start of nothing", "gnt-instance startup nosuch", UNKNOWN, "'nosuch'"),
    case("start without name", "gnt-instance startup", INVALID, "name"),
    case("removal of nothing", "gnt-instance remove -f nosuch", UNKNOWN, "'nosuch'"),
    case("info of nothing", "gnt-instance info nosuch", UNKNOWN, "'nosuch'"),
    case("shutdown of nothing", "gnt-instance shutdown nosuch", UNKNOWN, "'nosuch'"),
    case("reinstallation of nothing", "gnt-instance reinstall -f nosuch", UNKNOWN, "'nosuch'"),
    case("console of what is down", f"gnt-instance console {VICTIM}", VICTIM, "not running"),
    case("migration of local storage", f"gnt-instance migrate -f {VICTIM}", STATE, "'file'"),
    case("failover of local storage", f"gnt-instance failover -f {VICTIM}", STATE, "'file'"),
    case("migration of nothing", "gnt-instance migrate -f nosuch", UNKNOWN, "'nosuch'"),
    case("reboot of what is down", f"gnt-instance reboot --type=odd {VICTIM}", "odd"),
    case("rename of nothing", "gnt-instance rename nosuch other", UNKNOWN, "'nosuch'"),
    case("rename to a bad name", f"gnt-instance rename {VICTIM} ../x", INVALID, "../x"),
    case("modification without changes", f"gnt-instance modify {VICTIM}", ""),
    case("unknown parameter", f"gnt-instance modify -B colour=red {VICTIM}", "'colour'"),
    case("wrong type", f"gnt-instance modify -B vcpus=x {VICTIM}", "'vcpus'"),
    case("unknown command", "gnt-instance frobnicate", "'frobnicate'"),
    case("removal of the master", "gnt-node remove NODE0", INVALID, "master"),
    case("removal of a node in use", "gnt-node remove NODE1", INVALID, VICTIM),
    case("removal of no node", "gnt-node remove nosuch", UNKNOWN, "'nosuch'"),
    case("node is there already", "gnt-node add NODE1", "already"),
    case("node without address", "gnt-node add nosuch.invalid", "nosuch.invalid"),
    case("master offline", "gnt-node modify -O yes NODE0", INVALID, "master"),
    case("boolean of the wrong type", "gnt-node modify -O perhaps NODE1", "perhaps"),
    case("hypervisor that does not exist", "gnt-cluster modify --enabled-hypervisors=wurst", "'wurst'"),
    case("hypervisor in use", "gnt-cluster modify --enabled-hypervisors=kvm", "fake"),
    case("template in use", "gnt-cluster modify --enabled-disk-templates=diskless", STATE, "file"),
    case("no hypervisor", "gnt-cluster modify --enabled-hypervisors=", INVALID),
    case("backend parameter", "gnt-cluster modify -B memory=x", "'memory'"),
    case("pool of no size", "gnt-cluster modify -C many", "many"),
    case("ratio that is no number", "gnt-cluster modify --ipolicy-vcpu-ratio=x", USAGE, "'x'"),
    case("pool of size zero", "gnt-cluster modify -C 0", INVALID, "candidate_pool_size"),
    case("template that does not exist", "gnt-cluster modify --enabled-disk-templates=wurst", INVALID, "'wurst'"),
    case("negative ratio", "gnt-cluster modify --ipolicy-vcpu-ratio=-1", INVALID, "'-1.0'"),
    case("part of a standard", "gnt-cluster modify --ipolicy-std-specs memory-size=64", INVALID, "cpu-count"),
    case("port that is none", "gnt-cluster modify --node-parameters ssh_port=70000", INVALID, "70000"),
    case("good and bad", "gnt-cluster modify -C 5 --zeroing-image=here", INVALID, "Zeroing image 'here'"),
    case("good and late bad", "gnt-cluster modify -C 5 --remove-uids=7", INVALID, "7-7"),
    case("collector nobody knows", "gnt-cluster modify -C 5 --enabled-data-collectors=wurst=true", INVALID, "wurst"),
    case("no change", "gnt-cluster modify", "at least one"),
    case("name that does not resolve", "gnt-cluster rename -f nosuch.invalid", "resolver_error", "nosuch.invalid"),
    case("name of a node", "gnt-cluster rename -f NODE1", "resource_not_unique", "in use"),
    case("file that is not there", "gnt-cluster copyfile /no/such/file", INVALID, "/no/such/file"),
    case("copy to no node", "gnt-cluster copyfile -n nosuch /etc/hosts", UNKNOWN, "nosuch"),
    case("command in no group", "gnt-cluster command -g nosuch true", UNKNOWN, "nosuch"),
    case("command in itself", "gnt-cluster command", USAGE),
    case("state of the queue", "gnt-cluster queue stop", USAGE, "'stop'"),
    case("pause of no time", "gnt-cluster watcher pause 0", INVALID, "longer than 0"),
    case("pause of wrong time", "gnt-cluster watcher pause 5y", INVALID, "'5y'"),
    case("pause without time", "gnt-cluster watcher pause", INVALID, "duration"),
    case("disks of no group", "gnt-cluster verify-disks -g nosuch", UNKNOWN, "'nosuch'"),
    case("sizes of nothing", "gnt-cluster repair-disk-sizes nosuch", UNKNOWN, "'nosuch'"),
    case("power of nothing", "gnt-cluster epo", INVALID, "--all"),
    case("power of all and one", "gnt-cluster epo --all NODE1", INVALID, "--all"),
    case("power of the master", "gnt-cluster epo -f NODE0", INVALID, "master"),
    case("version nobody has", "gnt-cluster upgrade --to 4.99", "not installed"),
    case("version of another age", "gnt-cluster upgrade --to 9.0", INVALID, "9.0"),
    case("destruction with nodes", "gnt-cluster destroy --yes-do-it", INVALID, "node"),
    case("destruction without consent", "gnt-cluster destroy", ""),
    case("second init", "gnt-cluster init --no-ssh-init --master-netdev=lo other", "already"),
    case("job that is no number", "gnt-job info abc", INVALID, "abc"),
    case("job that is not there", "gnt-job cancel 99999", "99999"),
    case("job to watch that is not there", "gnt-job watch 99999", "99999"),
    case("age that is no time", "gnt-job autoarchive soon", "soon"),
    case("opcode nobody can run", "gnt-debug submit-job FILE", "Failed to parse request: ", "OP_BACKUP_REMOVE"),
)


@pytest.fixture(scope="module")
def crowded(_shared_cluster: VirtualCluster) -> Iterator[VirtualCluster]:
    """The cluster with one stopped instance on node 1."""
    add(_shared_cluster, VICTIM)
    yield _shared_cluster
    _shared_cluster.run("gnt-instance", "remove", "--force", VICTIM)


def add(cluster: VirtualCluster, name: str, *more: str, check: bool = True) -> tuple[int, str]:
    """Create an instance with one small disk; returns exit code and error output."""
    kind = ("-o", "busybox+default", "--no-install", "--no-start", "-B", "memory=8m")
    disks = () if "--disk" in more else ("--disk", "0:size=16m")
    nics = () if "--net" in more else ("--no-nics",)
    place = ("-n", cluster.nodes[1], "-H", "fake", "-t", "file", *disks)
    result = cluster.run("gnt-instance", "add", *place, *kind, *nics, *more, name, check=check)
    return result.exit_code or 0, result.stderr


def check_refusal(exit_code: int, stderr: str, expected: tuple[str, ...]) -> None:
    """Check that a program failed as documented and said why, in words."""
    assert exit_code == 1, stderr
    for text in expected:
        assert text in stderr
    assert stderr.strip()
    assert "Traceback" not in stderr


@pytest.mark.parametrize("wrong", ADDITIONS, ids=lambda wrong: wrong.name)
def test_instance_cannot_be_added(crowded: VirtualCluster, wrong: Case) -> None:
    with unchanged(crowded):
        check_refusal(*add(crowded, NEW, *wrong.argv.split(), check=False), wrong.expected)


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_name_cannot_be_given(crowded: VirtualCluster, name: str) -> None:
    with unchanged(crowded):
        check_refusal(*add(crowded, name, check=False), (INVALID,))


def test_name_is_taken(crowded: VirtualCluster) -> None:
    with unchanged(crowded):
        check_refusal(*add(crowded, VICTIM, check=False), (EXISTS, f"'{VICTIM}'"))


@pytest.mark.parametrize("wrong", COMMANDS, ids=lambda wrong: wrong.name)
def test_command_is_refused(crowded: VirtualCluster, wrong: Case) -> None:
    job = crowded.root() / "var/job.json"
    job.write_text('[{"OP_ID": "OP_BACKUP_REMOVE", "instance_name": "victim"}]')
    words = {**{f"NODE{number}": name for number, name in enumerate(crowded.nodes)}, "FILE": str(job)}
    argv = [words.get(word, word) for word in wrong.argv.split()]
    with unchanged(crowded):
        result = crowded.run(*argv, check=False)
        check_refusal(result.exit_code or 0, result.stderr or result.stdout, wrong.expected)


@pytest.mark.parametrize(
    ("option", "text"),
    [("--offline", "offline"), ("--drained", "drained"), ("--vm-capable", "vm_capable")],
)
def test_node_is_not_fit(crowded: VirtualCluster, option: str, text: str) -> None:
    name = crowded.nodes[2]
    usual = "yes" if option == "--vm-capable" else "no"
    crowded.run("gnt-node", "modify", f"{option}={'no' if usual == 'yes' else 'yes'}", name)
    try:
        with unchanged(crowded):
            check_refusal(*add(crowded, NEW, "-n", name, check=False), (STATE, text, name))
    finally:
        crowded.run("gnt-node", "modify", "--force", f"{option}={usual}", name)
