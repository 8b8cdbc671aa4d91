"""Errors of the LUXI connection itself, as opposed to those that the master daemon reports."""

from ganeti import errors


class ProtocolError(errors.LuxiError):
    """The other side does not speak the protocol, or stopped in the middle of it."""


class ConnectionClosedError(ProtocolError):
    """The connection ended before the answer arrived."""


class OutcomeUnknownError(ConnectionClosedError):
    """A request that changes something was sent, and the connection ended before its answer; it may have been done."""


class LuxiTimeoutError(ProtocolError):
    """The master daemon did not accept the connection or did not answer in time."""


class RequestError(ProtocolError):
    """The master daemon refused the request with plain text; argument: the text."""


class NoMasterError(ProtocolError):
    """No master daemon listens on this machine; argument: socket path."""


class LuxiPermissionError(ProtocolError):
    """This user may not connect to the master daemon; argument: socket path."""
