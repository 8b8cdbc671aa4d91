"""The master daemon's parts and how they are put together, started and ended."""

import contextlib
import gc
import logging
import os
import threading
import time
from collections.abc import Callable
from typing import Final

from ganeti import errors, pathutils
from ganeti.cmdlib import registry
from ganeti.cmdlib.base import LU_BY_OPCODE, create_lu
from ganeti.config import ConfigStore
from ganeti.config.distribute import Distributor
from ganeti.config.load import load_config
from ganeti.config.opening import open_store
from ganeti.jqueue.queue import JobQueue
from ganeti.jqueue.storage import QueueStorage
from ganeti.locking import LockManager
from ganeti.luxiserver.filter_methods import FilterMethods
from ganeti.luxiserver.job_methods import JobMethods
from ganeti.luxiserver.query_methods import QueryMethods
from ganeti.luxiserver.server import LuxiServer, bind_socket
from ganeti.luxiserver.table import MethodTable
from ganeti.mastership.keeper import TenureKeeper
from ganeti.mcpu.context import MasterContext
from ganeti.mcpu.processor import OpcodeProcessor
from ganeti.objects import ConfigData
from ganeti.objects.to_wire import master_network_parameters
from ganeti.query.engine import QueryEngine
from ganeti.rpc import procedures
from ganeti.rpc.client import RpcClient
from ganeti.rpc.identity import NodeIdentity
from ganeti.rpc.resolvers import ConfigResolver
from ganeti.rpc.transport import NodeTransport
from ganeti.server.config_transport import RpcConfigSender
from ganeti.server.election import is_elected, may_act
from ganeti.server.follow import ObservedDistribution, QueueSettings, candidates_of
from ganeti.server.queue_transport import RpcCandidates
from ganeti.server.tenure_nodes import MasterSurroundings
from ganeti.utils import files
from ganeti.utils.accounts import admin_gid, owner

_LOG = logging.getLogger(__name__)

#: How often to look whether running jobs have ended when the daemon is to end.
_SHUTDOWN_LOOK_S: Final = 0.2
#: How often to say in the log what is waited for.
_SHUTDOWN_LINE_S: Final = 60.0
#: After the last running job clients get this time to fetch its result.
_SHUTDOWN_GRACE_S: Final = 5.0
#: How long to wait at the end for nodes that are sent the last changes.
_LAST_FLUSH_S: Final = 8.0
_SOCKETS: Final = (pathutils.MASTER_SOCKET, pathutils.QUERY_SOCKET)


def _may_have_hooks(directory: str) -> bool:
    return files.may_hold_files(f"{pathutils.HOOKS_BASE_DIR}/{directory}")


class _ConfigHolder:
    """The newest configuration, first as it was read for the vote and then that of the store."""

    def __init__(self, config: ConfigData) -> None:
        self._source: Callable[[], ConfigData] = lambda: config

    def snapshot(self) -> ConfigData:
        """Return the newest configuration."""
        return self._source()

    def follow(self, store: ConfigStore) -> None:
        """Return that of the store from now on, and forget what was read first: it takes as much memory again."""
        self._source = store.snapshot


class Master:
    """Everything that runs in the process of the master daemon."""

    def __init__(self, *, is_voting: bool = True, is_forced: bool = False) -> None:
        """Load the configuration, make sure that this node is to act as master, and open the queue.

        With *is_forced* the ssconf file of this node may name another master.

        Raises ConfigurationError (which covers a lost vote), JobQueueError, or OSError.
        """
        loaded = load_config()
        holder = _ConfigHolder(loaded.config)
        self._transport = NodeTransport(NodeIdentity())
        self._rpc = RpcClient(ConfigResolver(holder.snapshot), self._transport)
        if not may_act(lambda: not is_voting or is_elected(self._rpc, loaded.config), is_voting=is_voting):
            self._transport.close()
            raise errors.ConfigurationError("This node did not win the vote for the master, see the log")
        surroundings = MasterSurroundings(self._rpc, holder.snapshot, has_own_vote=not is_forced)
        self._tenure = _make_keeper(loaded.config, surroundings, is_enforced=is_voting)
        registry.load_all()
        self._locks = LockManager()
        self._queue = _make_queue(self._rpc, loaded.config, self._tenure)
        self._settings = QueueSettings(self._queue)
        distributor = Distributor(RpcConfigSender(self._rpc, self._tenure))
        surroundings.distribute_with(distributor)
        # Asks the nodes first: who knows the master already is not told again.
        self._tenure.start()
        distribution = ObservedDistribution(distributor, self._settings.observe)
        self._config = open_store(distribution=distribution, permit=self._tenure)
        holder.follow(self._config)
        self._server: LuxiServer | None = None
        self._is_hurried = False

    def start(self) -> None:
        """Take the queue, start to run jobs, and accept clients.

        Raises JobQueueError or OSError.
        """
        config = self._config.snapshot()
        self._queue.open()
        self._queue.set_filter_rules(config.filters.values())
        self._queue.start_replication(candidates_of(config))
        engine = QueryEngine(self._config, self._rpc, self._locks, self._queue)
        context = MasterContext(
            config=self._config,
            rpc=self._rpc,
            locks=self._locks,
            create_lu=create_lu,
            queue=self._queue,
            query=engine,
            master_may_have_hooks=_may_have_hooks,
        )
        self._settings.start(config)
        self._queue.start(OpcodeProcessor(context))
        methods = [
            JobMethods(self._queue, LU_BY_OPCODE.__contains__),
            FilterMethods(self._config, self._queue),
            QueryMethods(self._config, self._rpc, engine, self._queue),
        ]
        self._server = LuxiServer(MethodTable(methods))
        self._server.start([bind_socket(path, gid=daemons_gid(), admin_gid=admin_gid()) for path in _SOCKETS])
        # What is here now stays for good: the collector need not look at it again and again.
        gc.collect()
        gc.freeze()
        threading.Thread(target=self._activate_master_ip, name="MasterIp", daemon=True).start()

    def _activate_master_ip(self) -> None:
        """Set the master IP up; the cluster works without it."""
        config = self._config.snapshot()
        cluster = config.cluster
        result = self._rpc.call_one(
            cluster.master_node,
            procedures.node_activate_master_ip,
            master_network_parameters(config),
            cluster.use_external_mip_script,
        )
        result.warn("Could not activate the master's IP address", _LOG.error)

    def stop_accepting(self) -> None:
        """Refuse new jobs and start no more opcodes; clients go on being served."""
        _LOG.info("Shutting down: no new jobs are accepted, running ones may end")
        self._queue.stop_accepting()

    def wait_for_jobs(self) -> None:
        """Wait until all running opcodes have ended, and a while more so that clients can fetch their results."""
        if not self._queue.has_running_jobs():
            return
        next_line = 0.0
        while self._queue.has_running_jobs() and not self._is_hurried:
            if time.monotonic() >= next_line:
                _LOG.info("Waiting for running jobs to end")
                next_line = time.monotonic() + _SHUTDOWN_LINE_S
            time.sleep(_SHUTDOWN_LOOK_S)
        end = time.monotonic() + _SHUTDOWN_GRACE_S
        while time.monotonic() < end and not self._is_hurried:
            time.sleep(_SHUTDOWN_LOOK_S)

    def hurry(self) -> None:
        """Wait for nothing more that runs; such jobs are errors after the next start. Signal handlers may call this."""
        self._is_hurried = True

    def close(self, *, timeout_s: float = 10.0) -> None:
        """Close the sockets, end all threads and give the queue back."""
        if self._is_hurried:
            timeout_s = 0.0
        if self._server is not None:
            self._server.stop_listening()
            for path in _SOCKETS:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(path)
            self._server.close()
        self._settings.close()
        self._queue.close(timeout_s=timeout_s)
        self._bring_others_up_to_date()
        self._config.close()
        self._tenure.close()
        self._transport.close()

    def _bring_others_up_to_date(self) -> None:
        """Let the last changes reach the other candidates, so that one of them may take over without losing any."""
        if self._tenure.problem() is not None or self._is_hurried:
            return

        def flush() -> None:
            try:
                self._config.flush()
            except errors.ConfigurationError as err:
                _LOG.error("The last changes are not written: %s", err)

        thread = threading.Thread(target=flush, name="LastFlush", daemon=True)
        thread.start()
        # A node that hangs must not keep this one from ending.
        thread.join(_LAST_FLUSH_S)


def _make_queue(rpc: RpcClient, config: ConfigData, tenure: TenureKeeper) -> JobQueue:
    return JobQueue(
        QueueStorage(gid=daemons_gid()),
        RpcCandidates(rpc, tenure.problem),
        max_running_jobs=config.cluster.max_running_jobs,
        refusal=tenure.problem,
    )


def _make_keeper(config: ConfigData, surroundings: MasterSurroundings, *, is_enforced: bool) -> TenureKeeper:
    own = config.nodes[config.cluster.master_node]
    return TenureKeeper(own.uuid, own.name, surroundings, is_enforced=is_enforced)


def daemons_gid() -> int:
    """Return the group whose daemons may use our sockets and read the queue; -1 if it is our own."""
    gid = owner("masterd", "daemons").gid
    return -1 if gid == os.getegid() else gid
