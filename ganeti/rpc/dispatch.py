"""Answers calls on a node: finds the procedure, decodes the arguments, runs the handler, encodes what it returns."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from ganeti.objects.base import encode_clear
from ganeti.rpc.declaration import Procedure

_LOG = logging.getLogger(__name__)

Handler = Callable[..., Any]
#: Procedures and what answers them, by name.
HandlerTable = Mapping[str, tuple[Procedure[Any, Any], Handler]]


class RPCFail(Exception):
    """A procedure fails deliberately; the text is for the administrator and goes to the caller as it is."""


class QuitDaemon(Exception):
    """The call succeeded, and the node daemon must end after answering; the text is the answer."""


class Dispatcher:
    """Runs handlers; never raises for what a handler or a caller does wrong."""

    def __init__(self, handlers: HandlerTable, request_quit: Callable[[], None]) -> None:
        """*request_quit* is called after a handler raised QuitDaemon; it must not wait for the daemon's end."""
        self._handlers = handlers
        self._request_quit = request_quit

    def find(self, name: str) -> Procedure[Any, Any] | None:
        """Return the procedure that is called *name* and answered here."""
        entry = self._handlers.get(name)
        return entry[0] if entry else None

    def handle(self, name: str, body: bytes) -> bytes:
        """Return the answer to a call of a procedure that ``find`` knows."""
        procedure, handler = self._handlers[name]
        try:
            args = procedure.decode_args(body)
        except ValueError as err:
            # The text names the place and the kind, never the value, which may be a secret.
            _LOG.warning("Call of %s has wrong arguments: %s", name, err)
            return encode_clear((False, f"Wrong arguments for {name}: {err}"))
        try:
            return encode_clear((True, handler(*args)))
        except RPCFail as err:
            _LOG.warning("Procedure %s failed: %s", name, err)
            return encode_clear((False, str(err)))
        except QuitDaemon as err:
            self._request_quit()
            return encode_clear((True, str(err)))
        except Exception as err:
            _LOG.exception("Error in procedure %s", name)
            return encode_clear((False, f"Error while executing backend function: {err}"))
