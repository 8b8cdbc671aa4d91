"""Asking the nodes of a group for everything that its verification looks at."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from ganeti import constants as c
from ganeti import pathutils
from ganeti.cmdlib.base import LogicalUnit
from ganeti.cmdlib.verify import disk_states, request, storage
from ganeti.cmdlib.verify.files import Expectations
from ganeti.cmdlib.verify.findings import Reporter
from ganeti.cmdlib.verify.nodes import Answer
from ganeti.objects import ConfigData, Instance, Node
from ganeti.rpc import procedures
from ganeti.rpc.procedures.storage import StoredFile
from ganeti.rpc.result import RpcResult

#: How often checksums are asked for again because the configuration changed meanwhile.
_FILE_ATTEMPTS: Final = 3

#: Local path -> checksum; None if the node gave none.
Checksums = Mapping[str, str] | None


@dataclass(frozen=True)
class Gathered:
    """What nodes (by UUID) reported. ``failures`` says why online nodes did not answer; times are Unix seconds."""

    started: float
    ended: float
    answers: Mapping[str, Answer]
    failures: Mapping[str, str]
    checksums: Mapping[str, Checksums] = field(default_factory=dict)
    #: No change of the configuration was on its way while checksums were computed.
    is_settled: bool = True
    disks: Mapping[str, disk_states.States] = field(default_factory=dict)
    disk_failures: Mapping[str, str] = field(default_factory=dict)
    images: Mapping[str, Sequence[StoredFile]] = field(default_factory=dict)
    image_failures: Mapping[str, str] = field(default_factory=dict)


class Gatherer:
    """Makes the calls of one verification; announces them to *reporter*."""

    def __init__(
        self,
        lu: LogicalUnit[Any],
        reporter: Reporter,
        nodes: Sequence[Node],
        instances: Sequence[Instance],
        *,
        with_clutter: bool = False,
    ) -> None:
        self._lu = lu
        self._reporter = reporter
        self._nodes = nodes
        self._instances = instances
        self._with_clutter = with_clutter
        self._online = [node for node in nodes if not node.offline]

    def gather(self, config: ConfigData, expected: Expectations) -> Gathered:
        """Ask all nodes of the group, and those of other groups whose files serve as reference."""
        self._reporter.heading(f"Gathering data ({len(self._nodes)} nodes)")
        self._lu.cfg.flush()
        serial_no = self._lu.snapshot().serial_no
        what = request.verify_request(
            config, self._nodes, self._instances, expected, with_clutter=self._with_clutter
        )
        self._reporter.heading(f"Gathering information about nodes ({len(self._nodes)} nodes)")
        started = time.time()
        results = self._verify(config, self._online, what)
        ended = time.time()
        answers, failures = _split(results)
        references = request.reference_nodes(config, self._nodes)
        if references:
            self._reporter.heading("Gathering information about the master node")
            results.update(self._verify(config, references, request.file_request(expected)))
        checksums, is_settled = self._settled_checksums(config, results, serial_no, expected)
        wanted = disk_states.disks_by_node(config, self._instances, left_out=failures)
        self._reporter.heading(f"Gathering disk information ({len(wanted)} nodes)")
        disks = disk_states.ask(self._lu, wanted)
        images, image_failures = _split(
            self._lu.rpc.call_each(
                procedures.file_storage_list,
                {
                    uuid: (directories,)
                    for uuid, directories in storage.listing_plan(config.cluster, self._nodes).items()
                    if uuid not in failures
                },
            )
        )
        return Gathered(
            started=started,
            ended=ended,
            answers=answers,
            failures=failures,
            checksums=checksums,
            is_settled=is_settled,
            disks=disks.states,
            disk_failures=disks.failures,
            images=images,
            image_failures=image_failures,
        )

    def _verify(
        self, config: ConfigData, nodes: Sequence[Node], what: dict[str, Any]
    ) -> dict[str, RpcResult[dict[str, Any]]]:
        cluster = config.cluster
        hvparams = {name: cluster.hvparams.get(name, {}) for name in cluster.enabled_hypervisors}
        uuids = [node.uuid for node in nodes]
        return self._lu.rpc.call(uuids, procedures.node_verify, what, cluster.cluster_name, hvparams)

    def _settled_checksums(
        self,
        config: ConfigData,
        results: Mapping[str, RpcResult[dict[str, Any]]],
        serial_no: int,
        expected: Expectations,
    ) -> tuple[dict[str, Checksums], bool]:
        """Return the checksums of files, and whether the configuration rested while they were computed.

        Nothing keeps others from changing the configuration meanwhile, so files are looked at again if they did.
        """
        for _ in range(_FILE_ATTEMPTS):
            if self._lu.snapshot().serial_no == serial_no:
                return _checksums(results), True
            self._lu.cfg.flush()
            serial_no = self._lu.snapshot().serial_no
            nodes = [config.nodes[uuid] for uuid, result in results.items() if not result.fail_msg]
            results = self._verify(config, nodes, request.file_request(expected))
        return _checksums(results), self._lu.snapshot().serial_no == serial_no


def _split(results: Mapping[str, RpcResult[Any]]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return (payloads, reasons) of the calls that succeeded and failed."""
    payloads = {uuid: result.payload for uuid, result in results.items() if not result.fail_msg}
    return payloads, {uuid: result.fail_msg for uuid, result in results.items() if result.fail_msg}


def _checksums(results: Mapping[str, RpcResult[dict[str, Any]]]) -> dict[str, Checksums]:
    found: dict[str, Checksums] = {}
    for uuid, result in results.items():
        if result.fail_msg:
            continue
        files = result.payload.get(c.NV_FILELIST)
        if isinstance(files, Mapping):
            found[uuid] = {_local_path(path): checksum for path, checksum in files.items()}
        else:
            found[uuid] = None
    return found


def _local_path(path: str) -> str:
    try:
        return pathutils.from_virtual(path)
    except ValueError:
        # A node that answers with other paths than it was asked about has none of the files.
        return path
