"""Running an allocator: the text it reads, and what it answers."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ganeti import serializer
from ganeti.iallocator.answers import Answer, parse_answer
from ganeti.iallocator.cluster_data import cluster_data
from ganeti.iallocator.live import LiveData, gather
from ganeti.iallocator.requests import Request
from ganeti.objects import ConfigData
from ganeti.rpc import procedures

if TYPE_CHECKING:
    from ganeti.rpc.client import RpcClient


def build_text(config: ConfigData, request: Request[Any], live: LiveData) -> str:
    """Return the text that an allocator reads: a function of these values alone."""
    wanted = {"type": request.MODE, **request.to_wire(config)}
    return serializer.dumps_fast({**cluster_data(config, live), "request": wanted}).decode("utf-8")


def request_text(rpc: "RpcClient", config: ConfigData, request: Request[Any], warn: Callable[[str], object]) -> str:
    """Ask the nodes for facts and return the text that an allocator reads.

    Nodes that do not answer are named to *warn* and told to the allocator as offline.
    Raises OpPrereqError if the request makes no sense, OpExecError if a node answers nonsense.
    """
    request.check(config)
    live = gather(rpc, config, request.scope(config))
    for uuid, reason in live.silent.items():
        warn(f"Can't get data for node {config.nodes[uuid].name}, the allocator takes it for offline: {reason}")
    return build_text(config, request, live)


def run(rpc: "RpcClient", config: ConfigData, name: str, request: Request[Any], text: str) -> str:
    """Let the allocator called *name* on the master node read a text, and return what it prints.

    Raises OpExecError.
    """
    cluster = config.cluster
    params = {**cluster.default_iallocator_params, **request.options()}
    result = rpc.call_one(cluster.master_node, procedures.iallocator_runner, name, text, params)
    return result.raise_("Failure while running the iallocator script")


def ask(
    rpc: "RpcClient", config: ConfigData, name: str, request: Request[Any], warn: Callable[[str], object]
) -> Answer:
    """Put a request to the allocator called *name*; see the parts for what is raised."""
    return parse_answer(run(rpc, config, name, request, request_text(rpc, config, request, warn)))
