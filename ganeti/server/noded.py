"""ganeti-noded: the daemon on every node that carries out what the master asks for."""

import argparse
import logging
import os
import signal
from collections.abc import Callable
from typing import Protocol

from OpenSSL import SSL

from ganeti import constants as c
from ganeti import pathutils
from ganeti.backend import base as backend
from ganeti.backend import hooks, jobqueue
from ganeti.http.server import HttpServer
from ganeti.http.tls import ContextSource, Peer
from ganeti.rpc.dispatch import Dispatcher, HandlerTable
from ganeti.server import launch
from ganeti.server.noded_access import AnyoneAccess, CandidateAccess
from ganeti.utils import daemon as daemon_utils

_LOG = logging.getLogger(__name__)


class Access(Protocol):
    """Decides who may call."""

    def refusal(self, peer: Peer) -> str | None:
        """Return why *peer* may not call anything, None if it may."""


class NodeApplication:
    """What the HTTP server asks: who may call what, and the answer."""

    def __init__(self, access: Access, handlers: HandlerTable, request_quit: Callable[[], None]) -> None:
        self._access = access
        self._dispatcher = Dispatcher(handlers, request_quit)

    def refusal(self, peer: Peer) -> str | None:
        """Return why *peer* may not call anything, None if it may."""
        return self._access.refusal(peer)

    def knows(self, name: str) -> bool:
        """Tell whether there is a procedure *name*."""
        return self._dispatcher.find(name) is not None

    def is_urgent(self, name: str) -> bool:
        """Tell whether calls of *name* must not wait for others."""
        procedure = self._dispatcher.find(name)
        return procedure is not None and procedure.is_urgent

    def patience_s(self, name: str) -> float:
        """Return how long callers of *name* wait for the answer."""
        procedure = self._dispatcher.find(name)
        limit = procedure.time_limit if procedure is not None else c.RPC_TMO_URGENT
        return float(limit) if isinstance(limit, int) else float(c.RPC_TMO_FAST)

    def handle(self, name: str, body: bytes) -> bytes:
        """Return the answer to a call of *name*."""
        return self._dispatcher.handle(name, body)


class NodeDaemon(launch.Daemon):
    """The node daemon."""

    NAME = c.NODED
    ROLE = "noded"
    NETWORKED = True
    WARN_DEBUG = True
    CONSOLE_FALLBACK = True
    MAY_OVERLAP = True

    def __init__(self) -> None:
        self._server: HttpServer | None = None

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the options of the node daemon."""
        parser.set_defaults(ssl_key=pathutils.NODED_CERT_FILE, ssl_cert=pathutils.NODED_CERT_FILE)
        parser.add_argument(
            "--no-mlock", dest="mlock", action="store_false", help="Do not mlock the node memory in ram"
        )
        parser.add_argument(
            "--hook-timeout",
            type=launch.positive,
            default=None,
            metavar="SECONDS",
            help="Stop a hook that runs longer (all hooks of a phase together have a quarter of an hour)",
        )
        parser.add_argument(
            "--stop-at-failed-hook",
            action="store_true",
            help="Skip the other hooks before an operation once one has failed",
        )

    def prepare(self, options: argparse.Namespace) -> None:
        """Lock memory, initialise the job queue's directory, listen."""
        if options.mlock:
            daemon_utils.lock_memory()
        jobqueue.initialise()
        hooks.set_policy(hooks.HookPolicy(options.hook_timeout, options.stop_at_failed_hook))
        handlers = backend.load_handlers()
        access: Access = CandidateAccess(server_pem=options.ssl_cert) if options.ssl else AnyoneAccess()
        try:
            contexts = ContextSource(options.ssl_cert, options.ssl_key) if options.ssl else None
        except SSL.Error as err:
            raise launch.StartError(f"Cannot use certificate {options.ssl_cert}: {err}") from err
        application = NodeApplication(access, handlers, _quit)
        self._server = HttpServer(
            application, options.bind_address, options.port, contexts, max_calls=options.max_clients
        )
        try:
            self._server.prepare()
        except OSError as err:
            raise launch.StartError(f"Cannot listen on {options.bind_address} port {options.port}: {err}") from err
        _LOG.info("Listening on %s port %d, %d procedures", options.bind_address, options.port, len(handlers))

    def start(self) -> None:
        """Serve."""
        if self._server is not None:
            self._server.start()

    def stop_accepting(self) -> None:
        """Close the listening socket."""
        if self._server is not None:
            self._server.stop_accepting()

    def stop(self) -> None:
        """Wait for calls under way."""
        if self._server is not None:
            self._server.stop()


def _quit() -> None:
    """End this daemon like an administrator would, once the call that wants it is answered."""
    os.kill(os.getpid(), signal.SIGTERM)


def main() -> int:
    """Run the daemon."""
    return launch.run(NodeDaemon())
