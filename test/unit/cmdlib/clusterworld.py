"""A master with simulated nodes that answer what concerns nodes and the cluster as a whole."""

import dataclasses
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ganeti import constants as c
from ganeti.objects import ConfigData, Node
from ganeti.opcodes import OpCode
from ganeti.rpc.declaration import Procedure
from ganeti.rpc.result import RpcResult, failure
from test.unit.cmdlib.instance.world import FakeNode, Job, Shared, SimulatedNodes, World
from test.unit.factories import make_config, node_uuid


def digest_of(uuid: str) -> str:
    """Return the digest of the client certificate of a simulated node."""
    return f"AA:{uuid[-2:]}"


def healthy_config(**changes: Any) -> ConfigData:
    """Return a configuration whose candidates' certificates are registered."""
    count = changes.get("nodes", 3)
    cluster = {
        "candidate_certs": {node_uuid(i): digest_of(node_uuid(i)) for i in range(1, count + 1)},
        "modify_ssh_setup": False,
        "modify_etc_hosts": False,
        "nicparams": {c.PP_DEFAULT: {**c.NICC_DEFAULTS, c.NIC_LINK: "br0"}},
        "ipolicy": {**c.IPOLICY_DEFAULTS, c.IPOLICY_DTS: [c.DT_DISKLESS, c.DT_SHARED_FILE, c.DT_FILE]},
        **changes.pop("cluster", {}),
    }
    return make_config(cluster=cluster, **changes)


@dataclass
class ClusterNode(FakeNode):
    """A node that also answers verification and changes of its role."""

    digest: str = ""
    #: Key of the request -> answer instead of the usual one; None leaves the key out.
    verify: dict[str, Any] = field(default_factory=dict)
    images: list[tuple[str, int, float]] = field(default_factory=list)
    demoted: bool = False
    left: bool = False
    daemons: list[tuple[str, bool]] = field(default_factory=list)
    switches: list[tuple[str, str | None]] = field(default_factory=list)
    hooks: list[tuple[str, int, str]] = field(default_factory=list)

    def version(self) -> int:
        return c.PROTOCOL_VERSION

    def node_crypto_tokens(self, _request: Any) -> list[tuple[str, str]]:
        return [(c.CRYPTO_TYPE_SSL_DIGEST, self.digest)]

    def node_demote_from_mc(self) -> None:
        self.demoted = True

    def node_leave_cluster(self, _modify_ssh: bool) -> str:
        self.left = True
        return "bye"

    def node_has_ip_address(self, _address: str) -> bool:
        return True

    def node_ensure_daemon(self, daemon: str, run: bool) -> bool:
        self.daemons.append((daemon, run))
        return True

    def node_configure_ovs(self, name: str, link: str | None) -> None:
        self.switches.append((name, link))

    def node_activate_master_ip(self, *_args: Any) -> None:
        pass

    def node_deactivate_master_ip(self, *_args: Any) -> None:
        pass

    def node_change_master_netmask(self, *_args: Any) -> None:
        pass

    def upload_file(self, _details: Any) -> None:
        pass

    def hooks_runner(self, path: str, phase: str, _env: Any) -> list[Any]:
        self.ran_hooks.append(f"{path}-{phase}")
        return self.hooks

    ran_hooks: list[str] = field(default_factory=list)

    def file_storage_list(self, directories: list[str]) -> list[tuple[str, int, float]]:
        shared = [(path, size * 2**20, time.time()) for path, size in self.shared.files.items()]
        return [row for row in [*self.images, *shared] if row[0].startswith(tuple(f"{d}/" for d in directories))]

    def node_verify(self, what: dict[str, Any], _cluster: str, _hvparams: Any) -> dict[str, Any]:
        answers: dict[str, Any] = {
            c.NV_FILELIST: dict.fromkeys(what[c.NV_FILELIST], "same"),
            c.NV_HYPERVISOR: {c.HT_FAKE: None},
            c.NV_HVPARAMS: [],
            c.NV_NODENETTEST: {},
            c.NV_NODELIST: {},
            c.NV_SSH_SETUP: [],
            c.NV_SSH_CLUTTER: [],
            c.NV_INSTANCELIST: sorted(self.guests),
            c.NV_VERSION: [c.PROTOCOL_VERSION, c.RELEASE_VERSION],
            c.NV_HVINFO: {"memory_free": self.free_mib},
            c.NV_NODESETUP: [],
            c.NV_TIME: list(divmod(time.time_ns() // 1000, 1_000_000)),
            c.NV_MASTERIP: True,
            c.NV_OSLIST: self.os_diagnose(),
            c.NV_CLIENT_CERT: [None, self.digest],
            c.NV_USERSCRIPTS: [],
            c.NV_BRIDGES: [],
            **self.verify,
        }
        return {key: value for key, value in answers.items() if key in what and value is not None}


class ClusterNodes(SimulatedNodes):
    """The RPC client; nodes that are not in the configuration are found by their name or address."""

    def __init__(self, store: Any, count: int) -> None:
        super().__init__(store, count)
        shared = Shared()
        uuids = [node_uuid(i) for i in range(1, count + 1)]
        self.nodes: dict[str, Any] = {uuid: ClusterNode(uuid, shared, digest=digest_of(uuid)) for uuid in uuids}
        self.new_nodes: dict[str, ClusterNode] = {}
        self.shared = shared

    def add_new(self, *names: str, uuid: str = "new") -> ClusterNode:
        """Let a machine answer under *names*."""
        node = ClusterNode(uuid, self.shared, digest="AA:NEW")
        self.new_nodes.update(dict.fromkeys(names, node))
        return node

    def call_one(self, node: str, proc: Procedure[Any, Any], *args: Any) -> RpcResult[Any]:
        config: ConfigData = self._store.snapshot()
        if node in config.nodes:
            name = config.nodes[node].name
            self.nodes.setdefault(node, self.new_nodes.get(name))
            return super().call_one(node, proc, *args)
        self.calls.append((node, proc.name))
        known = {n.primary_ip: n.uuid for n in self.gone}
        found = self.new_nodes.get(node) or self.nodes[known[node]]
        if (None, proc.name) in self.broken:
            return failure(node, proc.name, self.broken[None, proc.name])
        return RpcResult(node, proc.name, None, getattr(found, proc.name)(*args))

    gone: Sequence[Node] = ()


class SubmittingJob(Job):
    """A job that may submit others."""

    def __init__(self) -> None:
        super().__init__()
        self.submitted: list[list[OpCode]] = []

    def feedback(self, kind: str, payload: Any) -> None:
        self.log += payload if kind == c.ELOG_MESSAGE_LIST else [str(payload)]

    def submit_jobs(self, jobs: Any) -> Any:
        self.submitted = [list(job) for job in jobs]
        return [(True, 100 + index) for index in range(len(jobs))]


class ClusterWorld(World):
    """Everything together."""

    rpc: ClusterNodes
    job: SubmittingJob

    def __init__(self, config: ConfigData | None = None) -> None:
        config = config or healthy_config()
        super().__init__(config, len(config.nodes))
        self.rpc = ClusterNodes(self.store, len(config.nodes))
        self.rpc.gone = list(config.nodes.values())
        self.job = SubmittingJob()
        self._processor._context = self._with_rpc()  # type: ignore[attr-defined]

    def _with_rpc(self) -> Any:
        context = self._processor._context  # type: ignore[attr-defined]
        return dataclasses.replace(context, rpc=self.rpc)

    def lines(self, *, headings: bool = False) -> list[str]:
        """Return what the job printed; findings and notices only, unless headings are asked for."""
        return [line for line in self.job.log if headings or not line.startswith("* ")]
