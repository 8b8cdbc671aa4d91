"""Node daemons of many nodes in one process: a program for the master of a test cluster that prints "ready" and serves.

It answers for every node of the configuration whose address is its own by ``ADDRESS_PREFIX``. What is the same on all
nodes (operating systems, shared files, versions) is looked up on the master, whose root directory it works in; what is
different is made up from the configuration: every guest runs that ought to, every disk is fine.
"""

import asyncio
import logging
import os
import signal
import ssl
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from ganeti import constants as c
from ganeti import pathutils
from ganeti.backend import base as backend
from ganeti.config.load import load_config
from ganeti.objects import ConfigData, Node
from ganeti.objects.wire import BlockDevStatus, WireDisk
from ganeti.rpc import procedures
from ganeti.rpc.declaration import Procedure
from ganeti.rpc.dispatch import Dispatcher, HandlerTable
from ganeti.rpc.transport import noded_port
from ganeti.utils.checksum import fingerprint
from ganeti.utils.stamp import FileStamp, file_stamp

ADDRESS_PREFIX: Final = "127."
READY: Final = "ready"

#: Answered by what the node daemon of the master would say.
_SAME_AS_MASTER: Final = (procedures.version, procedures.master_node_name, procedures.config_serial)
#: Taken without doing anything: the nodes have no disks of their own.
_TAKEN: Final = (
    procedures.jobqueue_update,
    procedures.jobqueue_update_many,
    procedures.jobqueue_set_drain_flag,
    procedures.upload_file,
    procedures.upload_file_single,
    procedures.write_ssconf_files,
)
#: Checks whose answers differ from node to node, or from time to time.
_OWN_CHECKS: Final = frozenset(
    {
        c.NV_CLIENT_CERT,
        c.NV_FILELIST,
        c.NV_INSTANCELIST,
        c.NV_MASTERIP,
        c.NV_NODENETTEST,
        c.NV_TIME,
    }
)
_BACKLOG: Final = 512


class _Checksums:
    """Checksums of the files of the master, computed again when a file changes."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[FileStamp, str | None]] = {}

    def of(self, virtual_path: str) -> str | None:
        """Return the checksum of a file, None if there is none."""
        path = pathutils.from_virtual(virtual_path)
        stamp = file_stamp(path)
        known = self._known.get(path)
        if known is None or known[0] != stamp:
            known = self._known[path] = (stamp, fingerprint(path))
        return known[1]


class SharedAnswers:
    """What all nodes answer alike; looked up once per question."""

    def __init__(self, handlers: HandlerTable) -> None:
        self.handlers = handlers
        self.checksums = _Checksums()
        self._verified: dict[str, Any] = {}

    def verify(self, checks: Mapping[str, Any], cluster_name: str, hvparams: dict[str, dict[str, Any]]) -> Any:
        """Return the answers to checks that do not depend on the node."""
        key = repr((sorted(checks.items()), cluster_name, hvparams))
        if key not in self._verified:
            self._verified = {key: self.handlers["node_verify"][1](checks, cluster_name, hvparams)}
        return self._verified[key]


class SimulatedNode:
    """Answers the calls to one node."""

    def __init__(self, node: Node, config: ConfigData, shared: SharedAnswers) -> None:
        self._node = node
        self._shared = shared
        self._digest = config.cluster.candidate_certs.get(node.uuid, node.uuid)
        self._guests = [
            instance.name
            for instance in config.instances.values()
            if instance.primary_node == node.uuid and instance.admin_state == c.ADMINST_UP
        ]

    def handlers(self) -> HandlerTable:
        """Return what answers which procedure."""
        made: dict[Procedure[Any, Any], Callable[..., Any]] = {
            procedures.node_verify: self._verify,
            procedures.blockdev_getmirrorstatus_multi: _disk_states,
            procedures.file_storage_list: lambda _directories: [],
            procedures.hooks_runner: lambda *_: [],
            **{procedure: lambda *_: None for procedure in _TAKEN},
        }
        same = {procedure.name: self._shared.handlers[procedure.name] for procedure in _SAME_AS_MASTER}
        return {**same, **{procedure.name: (procedure, handler) for procedure, handler in made.items()}}

    def _verify(
        self, checkdict: dict[str, Any], cluster_name: str, all_hvparams: dict[str, dict[str, Any]]
    ) -> dict[str, Any]:
        own = {key: argument for key, argument in checkdict.items() if key in _OWN_CHECKS}
        rest = {key: argument for key, argument in checkdict.items() if key not in _OWN_CHECKS}
        time_now = {c.NV_TIME: None} if c.NV_TIME in own else {}
        verify = self._shared.handlers["node_verify"][1]
        result = {
            **self._shared.verify(rest, cluster_name, all_hvparams),
            **verify(time_now, cluster_name, all_hvparams),
        }
        made_up: dict[str, Callable[[], Any]] = {
            c.NV_CLIENT_CERT: lambda: (None, self._digest),
            c.NV_FILELIST: lambda: self._files(own[c.NV_FILELIST]),
            c.NV_INSTANCELIST: lambda: self._guests,
            c.NV_MASTERIP: lambda: True,
            c.NV_NODENETTEST: dict,
        }
        return {**result, **{key: made_up[key]() for key in own if key in made_up}}

    def _files(self, paths: list[str]) -> dict[str, str]:
        config_file = pathutils.to_virtual(pathutils.CLUSTER_CONF_FILE)
        found = {
            path: self._shared.checksums.of(path)
            for path in paths
            if self._node.master_candidate or path != config_file
        }
        return {path: checksum for path, checksum in found.items() if checksum is not None}


def _disk_states(disks: list[WireDisk]) -> list[tuple[bool, BlockDevStatus | str]]:
    return [(True, BlockDevStatus(dev_path="/dev/null", is_degraded=False, ldisk_status=c.LDS_OKAY)) for _ in disks]


async def _serve(nodes: Mapping[str, Dispatcher], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer the requests of one connection; which node is called shows in the address it goes to."""
    dispatcher = nodes[writer.get_extra_info("sockname")[0]]
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("ascii").split("\r\n")
            headers = dict(line.lower().split(": ", 1) for line in head[1:] if ": " in line)
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            name = head[0].split(" ")[1].removeprefix("/")
            if dispatcher.find(name) is None:
                logging.warning("Not simulated: %s", name)
                status, answer = "404 Not Found", b""
            else:
                status, answer = "200 OK", dispatcher.handle(name, body)
            writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(answer)}\r\n\r\n".encode("ascii") + answer)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
        # The caller closed the connection.
        pass
    finally:
        writer.close()


def _tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pathutils.NODED_CERT_FILE)
    context.load_verify_locations(pathutils.NODED_CERT_FILE)
    context.verify_mode = ssl.CERT_REQUIRED
    return context


async def _run() -> None:
    config = load_config(accept_foreign=True).config
    shared = SharedAnswers(backend.load_handlers())
    nodes = {
        node.primary_ip: Dispatcher(SimulatedNode(node, config, shared).handlers(), lambda: None)
        for node in config.nodes.values()
        if node.primary_ip.startswith(ADDRESS_PREFIX)
    }
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    await asyncio.start_server(
        partial(_serve, nodes), list(nodes), noded_port(), ssl=_tls(), backlog=_BACKLOG, limit=1 << 20
    )
    print(READY, os.getpid(), flush=True)
    await stopped.wait()


if __name__ == "__main__":
    asyncio.run(_run())
