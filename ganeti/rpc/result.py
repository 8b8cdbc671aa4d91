"""What came back from a node."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

from ganeti.errors import OpExecError, OpPrereqError

R = TypeVar("R")

_LOG = logging.getLogger(__name__)

OFFLINE_MESSAGE = "Node is marked offline"


@dataclass(frozen=True)
class RpcResult(Generic[R]):
    """The answer of one node to one call.

    ``fail_msg`` is None on success. ``offline`` is True only if the node was not contacted because it is marked so.
    ``node`` is the identifier that the caller gave, ``call`` the name of the procedure.
    """

    node: str
    call: str
    fail_msg: str | None
    value: R | None
    offline: bool = False

    @property
    def payload(self) -> R:
        """The result of the procedure; None (whatever the type says) if the call failed: look at ``fail_msg`` first."""
        return cast(R, self.value)

    def raise_(self, msg: str | None = None, prereq: bool = False, ecode: str | None = None) -> R:
        """Return the payload of a call that succeeded.

        Raises OpExecError, or OpPrereqError with *ecode* if *prereq*, if it failed.
        """
        if self.fail_msg is None:
            return self.payload
        text = msg or f"Call '{self.call}' to node '{self.node}' has failed"
        if not prereq:
            raise OpExecError(f"{text}: {self.fail_msg}")
        raise OpPrereqError(f"{text}: {self.fail_msg}", *((ecode,) if ecode is not None else ()))

    def warn(self, msg: str, feedback: Callable[[str], Any]) -> bool:
        """Report a failed call through *feedback*; tells whether there was something to report."""
        if self.fail_msg is None:
            return False
        feedback(f"{msg}: {self.fail_msg}")
        return True


def success(node: str, call: str, payload: R) -> RpcResult[R]:
    """Return the result of a call that succeeded."""
    return RpcResult(node=node, call=call, fail_msg=None, value=payload)


def failure(node: str, call: str, message: str, *, offline: bool = False) -> RpcResult[Any]:
    """Return the result of a call that failed, and log it."""
    message = message or "No error information"
    if not offline:
        _LOG.error("RPC error in %s on node %s: %s", call, node, message)
    return RpcResult(node=node, call=call, fail_msg=message, value=None, offline=offline)
