"""Ways to break a virtual cluster that `gnt-cluster verify` must find, each of which repairs it afterwards."""

import contextlib
import json
import os
import shutil
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from ganeti import constants as c
from test.cluster.node_daemons import (
    node_daemon_with_clock,
    node_daemon_without,
    other_node_daemon,
    settle,
    wait_for_answers,
)
from test.cluster.os_definitions import os_definition
from test.cluster.virtual import VirtualCluster
from test.made_up_version import made_up_version

#: Running on nodes 0 and 1, with a disk in shared file storage; the third is down, on node 1, on file storage.
SHARED, OTHER, FILE = 0, 1, 2

Breakage = Callable[[VirtualCluster], AbstractContextManager[None]]

#: Error code -> what provokes it and nothing else, unless ``ALSO`` says so.
BREAKAGES: dict[str, Breakage] = {}

#: Codes that inevitably come along: a node whose daemon is down runs no hooks either; disks that are files have no
#: spindles, which the instance policy counts too.
ALSO: dict[str, frozenset[str]] = {
    "ENODERPC": frozenset({"ENODEHOOKS"}),
    "EINSTANCEUNSUITABLENODE": frozenset({"EINSTANCEMISSINGCFGPARAMETER", "EINSTANCEPOLICY"}),
    "EINSTANCEMISSINGCFGPARAMETER": frozenset({"EINSTANCEUNSUITABLENODE", "EINSTANCEPOLICY"}),
}


def breakage(code: str) -> Callable[[Callable[[VirtualCluster], Iterator[None]]], Breakage]:
    """Register a generator that breaks something before its yield, and repairs it after it."""

    def register(function: Callable[[VirtualCluster], Iterator[None]]) -> Breakage:
        BREAKAGES[code] = contextlib.contextmanager(function)
        return BREAKAGES[code]

    return register


@contextlib.contextmanager
def _content(*paths: Path, replace: Callable[[bytes], bytes]) -> Iterator[None]:
    """Replace the content of files; mode and owner stay."""
    before = {path: path.read_bytes() for path in paths}
    try:
        for path, data in before.items():
            path.write_bytes(replace(data))
        yield
    finally:
        for path, data in before.items():
            path.write_bytes(data)


@contextlib.contextmanager
def _moved_away(cluster: VirtualCluster, path: Path) -> Iterator[None]:
    """Take a file to another place: where it was every file counts."""
    aside = Path(cluster.layout.directory) / f"{path.name}.aside"
    shutil.move(path, aside)
    try:
        yield
    finally:
        shutil.move(aside, path)


@contextlib.contextmanager
def _extra_file(path: Path, data: str) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(data)
    try:
        yield
    finally:
        path.unlink()


def _data(cluster: VirtualCluster, node: int) -> Path:
    return cluster.root(node) / "var/lib/ganeti"


def _guest(cluster: VirtualCluster, node: int, name: str) -> Path:
    """Return the file that is a guest of the fake hypervisor."""
    return cluster.root(node) / "var/run/ganeti/fake-hypervisor" / name


def _each(cluster: VirtualCluster, path: str) -> list[Path]:
    return [cluster.root(node) / path for node in range(len(cluster.nodes))]


def _image(cluster: VirtualCluster, instance: int) -> Path:
    """Return the first disk of an instance."""
    config = json.loads((_data(cluster, 0) / "config.data").read_text())
    name = cluster.instances[instance]
    disks = next(i["disks"] for i in config["instances"].values() if i["name"] == name)
    return Path(config["disks"][disks[0]]["logical_id"][1])


# the cluster


@breakage("ECLUSTERCERT")
def unreadable_certificate(cluster: VirtualCluster) -> Iterator[None]:
    """The certificate of the remote API is none, on all nodes alike."""
    with _content(*_each(cluster, "var/lib/ganeti/rapi.pem"), replace=lambda _: b"none\n"):
        yield


@breakage("ECLUSTERCFG")
def inconsistent_configuration(cluster: VirtualCluster) -> Iterator[None]:
    """Somebody gave the node group a name that looks like a UUID, with an editor."""
    path = _data(cluster, 0) / "config.data"

    def rename(new_name: str) -> str:
        cluster.daemon_util("stop", "ganeti-masterd")
        config = json.loads(path.read_text())
        (group,) = config["nodegroups"].values()
        old_name, group["name"] = group["name"], new_name
        # As an editor does: the file stays the same one, with its owner and mode.
        path.write_text(json.dumps(config))
        cluster.daemon_util("start", "ganeti-masterd")
        return str(old_name)

    name = rename("01234567-89ab-cdef-0123-456789abcdef")
    try:
        yield
    finally:
        rename(name)


@breakage("ECLUSTERCLIENTCERT")
def certificate_of_another_node(cluster: VirtualCluster) -> Iterator[None]:
    """A node uses the client certificate of its neighbour."""
    neighbour = (_data(cluster, 2) / "client.pem").read_bytes()
    with _content(_data(cluster, 1) / "client.pem", replace=lambda _: neighbour):
        yield


@breakage("ECLUSTERFILECHECK")
def different_copies_of_a_file(cluster: VirtualCluster) -> Iterator[None]:
    """A file that all nodes share differs on one."""
    with _content(_data(cluster, 1) / "cluster-domain-secret", replace=lambda data: data + b"\n"):
        yield


@breakage("EEXTAGS")
def tags_that_exclude_each_other(cluster: VirtualCluster) -> Iterator[None]:
    """Two instances on one node have the same exclusion tag."""
    names = [cluster.instances[index] for index in (OTHER, FILE)]
    cluster.run("gnt-cluster", "add-tags", "htools:iextags:service")
    for name in names:
        cluster.run("gnt-instance", "add-tags", name, "service:mail")
    try:
        yield
    finally:
        cluster.run("gnt-cluster", "remove-tags", "htools:iextags:service")
        for name in names:
            cluster.run("gnt-instance", "remove-tags", name, "service:mail")


# instances


@breakage("EINSTANCEBADNODE")
def primary_node_is_offline(cluster: VirtualCluster) -> Iterator[None]:
    """The node of a running instance is marked offline."""
    cluster.run("gnt-node", "modify", "--offline=yes", "--auto-promote", cluster.nodes[1])
    try:
        yield
    finally:
        cluster.run("gnt-node", "modify", "-f", "--offline=no", cluster.nodes[1])


@breakage("EINSTANCEDOWN")
def guest_has_ended(cluster: VirtualCluster) -> Iterator[None]:
    """A guest is gone."""
    with _moved_away(cluster, _guest(cluster, 0, cluster.instances[SHARED])):
        yield


@breakage("EINSTANCEMISSINGDISK")
def disk_is_gone(cluster: VirtualCluster) -> Iterator[None]:
    """Somebody took the image of an instance."""
    with _moved_away(cluster, _image(cluster, FILE)):
        yield


def whole_disks_for_instances(cluster: VirtualCluster) -> Iterator[None]:
    """The nodes give only whole physical disks to instances, which have files."""
    cluster.run("gnt-group", "modify", "--node-parameters=exclusive_storage=true", "default")
    try:
        yield
    finally:
        cluster.run("gnt-group", "modify", "--node-parameters=exclusive_storage=default", "default")


breakage("EINSTANCEUNSUITABLENODE")(whole_disks_for_instances)
breakage("EINSTANCEMISSINGCFGPARAMETER")(whole_disks_for_instances)


@breakage("EINSTANCEPOLICY")
def instance_is_too_large(cluster: VirtualCluster) -> Iterator[None]:
    """An instance has more processors than the policy allows."""
    name = cluster.instances[FILE]
    cluster.run("gnt-instance", "modify", "--ignore-ipolicy", "-B", "vcpus=9", name)
    try:
        yield
    finally:
        cluster.run("gnt-instance", "modify", "-B", "vcpus=1", name)


@breakage("EINSTANCEWRONGNODE")
def guest_runs_twice(cluster: VirtualCluster) -> Iterator[None]:
    """A guest runs on a node that is not its primary one."""
    name = cluster.instances[SHARED]
    with _extra_file(_guest(cluster, 1, name), _guest(cluster, 0, name).read_text()):
        yield


# nodes


@breakage("ENODEFILESTORAGEPATHS")
def forbidden_path_is_allowed(cluster: VirtualCluster) -> Iterator[None]:
    """Nodes allow disk images where they must never be."""
    lists = _each(cluster, "etc/ganeti/file-storage-paths")
    with _content(*lists, replace=lambda data: data + b"/etc/ganeti\n"):
        yield


@breakage("ENODEFILESTORAGEPATHUNUSABLE")
def file_storage_is_gone(cluster: VirtualCluster) -> Iterator[None]:
    """The directory for disk images is not there."""
    with _lost_directory(cluster, "file_storage_dir"):
        yield


@breakage("ENODESHAREDFILESTORAGEPATHUNUSABLE")
def shared_storage_is_gone(cluster: VirtualCluster) -> Iterator[None]:
    """The directory for shared disk images is not there."""
    with _lost_directory(cluster, "shared_file_storage_dir"):
        yield


@contextlib.contextmanager
def _lost_directory(cluster: VirtualCluster, field: str) -> Iterator[None]:
    """Let the cluster use another directory, which nobody has made."""
    option = f"--{field.replace('_', '-')}"
    before = json.loads((_data(cluster, 0) / "config.data").read_text())["cluster"][field]
    directory = cluster.root(2) / "srv/ganeti" / Path(before).name
    cluster.run("gnt-cluster", "modify", f"{option}={directory}")
    try:
        yield
    finally:
        cluster.run("gnt-cluster", "modify", f"{option}={before}")


@breakage("ENODEHOOKS")
def hook_fails(cluster: VirtualCluster) -> Iterator[None]:
    """A hook of the verification fails on one node."""
    hook = cluster.root(2) / "etc/ganeti/hooks/cluster-verify-post.d/fails"
    with _extra_file(hook, "#!/bin/sh\necho broken\nexit 1\n"):
        hook.chmod(stat.S_IRWXU)
        yield


@breakage("ENODEHV")
def hypervisor_is_broken(cluster: VirtualCluster) -> Iterator[None]:
    """A hypervisor cannot tell what its guests use."""
    with _content(_guest(cluster, 0, cluster.instances[SHARED]), replace=lambda _: b"broken"):
        yield


@breakage("ENODENET")
def master_address_is_gone(cluster: VirtualCluster) -> Iterator[None]:
    """Nobody reaches the address of the cluster."""
    cluster.run("gnt-cluster", "deactivate-master-ip", "--yes")
    try:
        yield
    finally:
        cluster.run("gnt-cluster", "activate-master-ip")


@breakage("ENODEOOBPATH")
def out_of_band_program_is_gone(cluster: VirtualCluster) -> Iterator[None]:
    """The out-of-band program of a node does not exist."""
    missing = f"{cluster.layout.directory}/no-such-program"
    cluster.run("gnt-node", "modify", f"--node-parameters=oob_program={missing}", cluster.nodes[2])
    try:
        yield
    finally:
        cluster.run("gnt-node", "modify", "--node-parameters=oob_program=default", cluster.nodes[2])


@breakage("ENODEORPHANINSTANCE")
def unknown_guest(cluster: VirtualCluster) -> Iterator[None]:
    """A guest runs that nobody knows."""
    with _extra_file(_guest(cluster, 2, "stray.test"), "1 64 1\n"):
        yield


@breakage("ENODEORPHANLV")
def unknown_image(cluster: VirtualCluster) -> Iterator[None]:
    """An image belongs to no instance."""
    with _extra_file(_image(cluster, FILE).with_name("stray"), ""):
        yield


@breakage("ENODEOS")
def broken_os_definition(cluster: VirtualCluster) -> Iterator[None]:
    """An OS definition lacks a script."""
    with os_definition("broken-os", {"export": None}):
        yield


@breakage("ENODERPC")
def node_daemon_is_down(cluster: VirtualCluster) -> Iterator[None]:
    """The daemon of a node has died."""
    settle(cluster)
    cluster.kill_daemon("ganeti-noded", node=2)
    try:
        yield
    finally:
        cluster.daemon_util("start", "ganeti-noded", node=2)
        wait_for_answers(cluster)


@breakage("ENODESETUP")
def kernel_files_are_not_mounted(cluster: VirtualCluster) -> Iterator[None]:
    """A node has no /sys."""
    with node_daemon_without(cluster, "/sys"):
        yield


@breakage("ENODETIME")
def clock_is_wrong(cluster: VirtualCluster) -> Iterator[None]:
    """The clock of a node is ten minutes fast."""
    with node_daemon_with_clock(cluster, ahead_s=600):
        yield


@breakage("ENODEVERSION")
def other_version_on_a_node(cluster: VirtualCluster) -> Iterator[None]:
    """A node runs another release, which talks the same protocol."""
    other = made_up_version(Path(cluster.layout.directory) / "other-version", c.VERSION_MINOR + 1)
    (other / ".venv").symlink_to(sys.prefix)
    try:
        with other_node_daemon(cluster, f"{other}/tools/daemon-util"):
            yield
    finally:
        shutil.rmtree(other)


@breakage("ENODEUSERSCRIPTS")
def address_script_cannot_run(cluster: VirtualCluster) -> Iterator[None]:
    """The site's script for the address of the cluster may not be executed on one node."""
    scripts = _each(cluster, "etc/ganeti/scripts/master-ip-setup")
    for script in scripts:
        script.parent.mkdir(exist_ok=True)
        script.write_text("#!/bin/sh\nexit 0\n")
        script.chmod(stat.S_IRWXU)
    cluster.run("gnt-cluster", "modify", "--use-external-mip-script=yes")
    scripts[1].chmod(stat.S_IRUSR)
    try:
        yield
    finally:
        cluster.run("gnt-cluster", "modify", "--use-external-mip-script=no")
        for script in scripts:
            os.unlink(script)


#: Codes that no breakage of a virtual cluster gives, with the reason.
IMPOSSIBLE: dict[str, str] = {
    **dict.fromkeys(("ECLUSTERDANGLINGINST", "ECLUSTERDANGLINGNODES"), "masterd does not start with such a file"),
    **dict.fromkeys(("EGROUPDIFFERENTPVSIZE", "ENODELVM"), "needs LVM"),
    **dict.fromkeys(("ENODEDRBD", "ENODEDRBDHELPER", "ENODEDRBDVERSION", "ENODEN1"), "needs DRBD"),
    **dict.fromkeys(("EINSTANCEFAULTYDISK", "EINSTANCELAYOUT", "EINSTANCESPLITGROUPS"), "needs DRBD"),
    "ENODEGLUSTERSTORAGEPATHUNUSABLE": "needs Gluster",
    "ENODESSH": "needs SSH: test/lab/test_ssh_verify.py",
    "ENODEFILECHECK": "nodes always answer",
}
