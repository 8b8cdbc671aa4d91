"""Check that the files which nodes share are the same everywhere, and nowhere they must not be."""

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ganeti import constants as c
from ganeti import hvparams, pathutils
from ganeti.cmdlib.cluster.ancillary import files_of_all_nodes, files_of_vm_nodes
from ganeti.cmdlib.verify.findings import Finding
from ganeti.objects import Cluster, Node


@dataclass(frozen=True)
class Expectations:
    """Local paths by where they belong; *optional* ones may be missing, but then everywhere.

    *follow_config* are those that change with the configuration.
    """

    on_all: frozenset[str]
    on_candidates: frozenset[str]
    on_vm_nodes: frozenset[str]
    optional: frozenset[str]
    follow_config: frozenset[str] = frozenset()

    def without_config(self) -> "Expectations":
        """Return the expectations about files that do not change with the configuration."""
        return dataclasses.replace(
            self,
            on_all=self.on_all - self.follow_config,
            on_candidates=self.on_candidates - self.follow_config,
            on_vm_nodes=self.on_vm_nodes - self.follow_config,
        )

    @property
    def every(self) -> list[str]:
        """All paths, sorted."""
        return sorted(self.on_all | self.on_candidates | self.on_vm_nodes)

    def belongs_on(self, path: str, node: Node) -> bool:
        """Tell whether a file ought to be on a node."""
        return (
            path in self.on_all
            or (path in self.on_candidates and node.master_candidate)
            or (path in self.on_vm_nodes and node.vm_capable)
        )


def expectations(cluster: Cluster, ssconf_files: Iterable[str]) -> Expectations:
    """Return which files belong where."""
    ssconf_files = frozenset(ssconf_files)
    on_all = {*ssconf_files, pathutils.NODED_CERT_FILE, *files_of_all_nodes(cluster)}
    optional = {pathutils.RAPI_USERS_FILE}
    if any(template in c.DTS_FILEBASED for template in cluster.enabled_disk_templates):
        on_all.add(pathutils.FILE_STORAGE_PATHS_FILE)
        optional.add(pathutils.FILE_STORAGE_PATHS_FILE)
    if cluster.use_external_mip_script:
        on_all.add(pathutils.EXTERNAL_MASTER_SETUP_SCRIPT)
    for hypervisor in cluster.enabled_hypervisors:
        optional |= hvparams.ancillary_files(hypervisor)[1]
    return Expectations(
        on_all=frozenset(on_all),
        on_candidates=frozenset({pathutils.CLUSTER_CONF_FILE}),
        on_vm_nodes=frozenset(files_of_vm_nodes(cluster)) - on_all,
        optional=frozenset(optional),
        follow_config=ssconf_files | {pathutils.CLUSTER_CONF_FILE},
    )


def check_files(
    expected: Expectations, nodes: Iterable[Node], checksums: Mapping[str, Mapping[str, str] | None]
) -> Iterator[Finding]:
    """Compare the files of nodes; *checksums*: node UUID to local path to checksum, None if the node gave none."""
    answered = []
    for node in nodes:
        if node.uuid not in checksums:
            continue
        if not checksums[node.uuid]:
            yield Finding(c.CV_ENODEFILECHECK, node.name, "node did not return file checksum data")
        else:
            answered.append(node)
    for path in expected.every:
        yield from _check_one(path, expected, answered, checksums)


def _check_one(
    path: str, expected: Expectations, nodes: Iterable[Node], checksums: Mapping[str, Mapping[str, str] | None]
) -> Iterator[Finding]:
    present, missing, misplaced = [], [], []
    variants: dict[str, list[str]] = defaultdict(list)
    for node in nodes:
        checksum = (checksums[node.uuid] or {}).get(path)
        if checksum is not None:
            variants[checksum].append(node.name)
        if not expected.belongs_on(path, node):
            if checksum is not None:
                misplaced.append(node.name)
        elif checksum is None:
            missing.append(node.name)
        else:
            present.append(node.name)
    if missing and path in expected.optional and present:
        text = f"file {path} is optional, but it must exist on all or no nodes (not found on {_names(missing)})"
        yield Finding(c.CV_ECLUSTERFILECHECK, None, text)
    elif missing and path not in expected.optional:
        yield Finding(c.CV_ECLUSTERFILECHECK, None, f"file {path} is missing from node(s) {_names(missing)}")
    if misplaced:
        yield Finding(c.CV_ECLUSTERFILECHECK, None, f"file {path} should not exist on node(s) {_names(misplaced)}")
    if len(variants) > 1:
        listed = "; ".join(
            f"variant {number} on {_names(names)}"
            for number, (_, names) in enumerate(sorted(variants.items()), start=1)
        )
        yield Finding(
            c.CV_ECLUSTERFILECHECK, None, f"file {path} found with {len(variants)} different checksums ({listed})"
        )


def _names(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
