"""Exceptions, and their form on the wire: ``[class name, [argument, ...]]``."""

import os
import traceback
from typing import Any, Final

from ganeti.constants.ecodes import *


class GenericError(Exception):
    """Base of all errors that travel to clients."""


class AddressPoolError(GenericError):
    """An IP pool is full or an address is outside of it."""


class BlockDeviceError(GenericError):
    """An operation on a block device failed."""


class CommandError(GenericError):
    """An external command failed."""


class ConfdClientError(GenericError):
    """The confd client was used wrongly or got no usable answer."""


class ConfdMagicError(GenericError):
    """A datagram does not start with the confd magic."""


class ConfigurationError(GenericError):
    """The configuration cannot be used or changed as asked."""


class ConfigVerifyError(ConfigurationError):
    """The configuration is inconsistent; second argument: all problems, which the first one sums up."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class ConfigVersionMismatch(ConfigurationError):
    """The configuration has another version; arguments: expected, found."""

    def __str__(self) -> str:
        expected, found = (f"{arg // 1_000_000}.{arg // 10_000 % 100}.{arg % 10_000}" for arg in self.args[:2])
        return f"The configuration has version {found}, this release needs {expected}; convert it with cfgupgrade"


class DeviceCreationError(GenericError):
    """A disk could not be created."""


class FileStoragePathError(GenericError):
    """A path is not allowed for file storage."""


class HooksFailure(GenericError):
    """Hooks could not be run."""


class HooksAbort(HooksFailure):
    """A pre hook vetoed the operation; argument: list of (node, script, output)."""


class HypervisorError(GenericError):
    """The hypervisor refused or failed."""


class HotplugError(HypervisorError):
    """A device could not be changed while the instance runs."""


class IPAddressError(GenericError):
    """Not a valid IP address."""


class InotifyError(GenericError):
    """Watching a file failed."""


class JobCanceled(GenericError):
    """The job was canceled."""


class JobFileCorrupted(GenericError):
    """A job file cannot be read."""


class JobLost(GenericError):
    """The job is unknown."""


class JobQueueError(GenericError):
    """The job queue cannot do this."""


class JobQueueDrainError(JobQueueError):
    """The queue is drained and accepts no jobs."""


class JobQueueFull(JobQueueError):
    """The queue holds too many jobs."""


class JobSubmittedException(Exception):
    """A job was submitted and is not waited for; argument: job id."""


class LockError(GenericError):
    """A lock cannot be taken."""


class LuxiError(GenericError):
    """LUXI protocol error."""


class NoCtypesError(GenericError):
    """ctypes is not usable here."""


class OpCodeUnknown(GenericError):
    """No such opcode."""


class OpExecError(GenericError):
    """An operation failed while it was executed."""


class OpPrereqError(GenericError):
    """An operation was refused before anything was changed; arguments: text, ECODE_* code."""


class OpResultError(GenericError):
    """An operation returned something else than it declares."""


class OpRetryNotSupportedError(GenericError):
    """The operation cannot be tried again by itself."""


class ParameterError(GenericError):
    """Unknown or wrong parameter."""


class ParseError(GenericError):
    """Text could not be parsed."""


class PidFileLockError(LockError):
    """The PID file is locked by a running daemon."""


class ProgrammerError(GenericError):
    """The code broke one of its own rules."""


class QueryFilterParseError(ParseError):
    """A text filter could not be parsed; arguments: text, details."""


class QuitGanetiException(Exception):
    """The node daemon answers and then ends; arguments: status, message."""


class RapiTestResult(GenericError):
    """Result of a RAPI self test."""


class RemoteError(GenericError):
    """The other cluster misbehaved."""


class ReservationError(GenericError):
    """A resource is already reserved."""


class ResolverError(GenericError):
    """Name resolution failed; arguments: host, code, text."""

    def __str__(self) -> str:
        return f"Cannot resolve the name '{self.args[0]}': {self.args[-1]}"


class ResultValidationError(GenericError):
    """A result does not have the declared shape."""


class SignatureError(GenericError):
    """A signature is wrong."""


class SshUpdateError(GenericError):
    """SSH keys could not be updated."""


class StorageError(GenericError):
    """A storage unit failed."""


class TagError(GenericError):
    """A tag is not acceptable."""


class TypeEnforcementError(GenericError):
    """A value does not have the enforced type."""


class UdpDataSizeError(GenericError):
    """A datagram would be too large."""


class UnitParseError(GenericError):
    """A size cannot be parsed."""


class X509CertError(GenericError):
    """A certificate cannot be used; arguments: file, text."""


#: Classes that clients know; anything else travels as text.
_TRANSPORTED: Final[dict[str, type[GenericError]]] = {
    cls.__name__: cls
    for cls in (
        GenericError,
        AddressPoolError,
        BlockDeviceError,
        CommandError,
        ConfdClientError,
        ConfdMagicError,
        ConfigurationError,
        ConfigVerifyError,
        ConfigVersionMismatch,
        DeviceCreationError,
        FileStoragePathError,
        HooksFailure,
        HooksAbort,
        HypervisorError,
        HotplugError,
        IPAddressError,
        InotifyError,
        JobCanceled,
        JobFileCorrupted,
        JobLost,
        JobQueueError,
        JobQueueDrainError,
        JobQueueFull,
        LockError,
        LuxiError,
        NoCtypesError,
        OpCodeUnknown,
        OpExecError,
        OpPrereqError,
        OpResultError,
        OpRetryNotSupportedError,
        ParameterError,
        ParseError,
        PidFileLockError,
        ProgrammerError,
        QueryFilterParseError,
        RapiTestResult,
        RemoteError,
        ReservationError,
        ResolverError,
        ResultValidationError,
        SignatureError,
        SshUpdateError,
        StorageError,
        TagError,
        TypeEnforcementError,
        UdpDataSizeError,
        UnitParseError,
        X509CertError,
    )
}


def _plain(value: Any) -> Any:
    """Make one exception argument fit for JSON."""
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return str(value)


def encode_exception(exc: GenericError) -> list[Any]:
    """Return the wire form of *exc*."""
    return [type(exc).__name__, [_plain(arg) for arg in exc.args]]


def _place(exc: BaseException) -> str:
    """Return where *exc* was raised, in words."""
    frames = traceback.extract_tb(exc.__traceback__)
    if not frames:
        return ""
    return f" (in {frames[-1].name}, line {frames[-1].lineno} of {os.path.basename(frames[-1].filename)})"


def encode_for_job(exc: BaseException) -> list[Any]:
    """Return the wire form of whatever ended an opcode; foreign exceptions become an OpExecError with their text."""
    if isinstance(exc, GenericError) and type(exc).__name__ in _TRANSPORTED:
        return encode_exception(exc)
    if isinstance(exc, AssertionError):
        text = f"Internal assertion error: please report this as a bug. {exc}{_place(exc)}"
        return encode_exception(OpExecError(text))
    return encode_exception(OpExecError(str(exc) or type(exc).__name__))


def maybe_decode_exception(value: object) -> GenericError | None:
    """Return the exception that *value* encodes, or None if it is plain data."""
    if not (isinstance(value, (list, tuple)) and len(value) == 2):
        return None
    name, args = value
    if not (isinstance(name, str) and isinstance(args, (list, tuple))):
        return None
    cls = _TRANSPORTED.get(name)
    return cls(*args) if cls else None
