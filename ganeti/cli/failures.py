"""What the user is told when a command fails, and with which exit code."""

from typing import Final, NamedTuple

from ganeti import constants as c
from ganeti import errors
from ganeti.luxi import errors as luxi_errors

_EXIT_CONFIGURATION: Final = 2


class ExitError(Exception):
    """End the program with an exit code; a text, if any, goes to standard error."""

    def __init__(self, exit_code: int, text: str = "") -> None:
        super().__init__(exit_code, text)
        self.exit_code = exit_code
        self.text = text


class Failure(NamedTuple):
    """Exit code and text without final newline."""

    exit_code: int
    text: str


def _first(exc: BaseException) -> str:
    """The text of an exception: its first argument if it has several."""
    return str(exc.args[0]) if exc.args else str(exc)


def _hooks_abort(exc: errors.HooksAbort) -> str:
    lines = ["Failure: hooks execution failed:"]
    for node, script, output in exc.args[0]:
        details = f", output: {output}" if output else " (no output)"
        lines.append(f"  node: {node}, script: {script}{details}")
    return "\n".join(lines)


def _resolver_error(exc: errors.ResolverError) -> str:
    from ganeti.utils import net

    host = _first(exc)
    if host == net.own_hostname():
        return f"Failure: can't resolve my own hostname ('{host}')"
    return f"Failure: can't resolve hostname '{host}'"


def _prereq_error(exc: errors.OpPrereqError) -> str:
    lines = ["Failure: prerequisites not met for this operation:"]
    if len(exc.args) == 2:
        lines.append(f"error type: {exc.args[1]}, error details:")
    return "\n".join([*lines, _first(exc)])


def _filter_error(exc: errors.QueryFilterParseError) -> str:
    details = exc.args[1] if len(exc.args) > 1 else []
    return "\n".join([f"Error while parsing query filter: {_first(exc)}", *details])


def _luxi_error(exc: errors.LuxiError) -> str:
    if isinstance(exc, luxi_errors.NoMasterError):
        return "Cannot communicate with the master daemon.\nIs the process running and listening for connections?"
    if isinstance(exc, luxi_errors.LuxiTimeoutError):
        return (
            "The master daemon did not answer in time. Jobs that were submitted go on; see 'gnt-job list' for their"
            " state, and use 'gnt-job watch' to follow or 'gnt-job cancel' to stop one.\n"
            f"{exc}"
        )
    if isinstance(exc, luxi_errors.LuxiPermissionError):
        return f"This user has no permission to connect to the master daemon ({exc}); try again as another user."
    if isinstance(exc, luxi_errors.ProtocolError):
        return f"Unhandled protocol error while talking to the master daemon:\n{_first(exc)}"
    return f"Unhandled Ganeti error: {exc}"


def _queue_error(exc: errors.JobQueueError) -> str:
    if isinstance(exc, errors.JobQueueDrainError):
        return "Failure: the job queue is drained and accepts no jobs; see 'gnt-cluster queue'"
    if isinstance(exc, errors.JobQueueFull):
        return "Failure: the job queue is full; archive old jobs before submitting new ones, see 'gnt-job autoarchive'"
    return f"Unhandled Ganeti error: {exc}"


def _ganeti_error(exc: errors.GenericError) -> str:
    """Return the text for an error that is not about the program itself."""
    match exc:
        case errors.HooksAbort():
            return _hooks_abort(exc)
        case errors.HooksFailure():
            return f"Failure: hooks general failure: {exc}"
        case errors.ResolverError():
            return _resolver_error(exc)
        case errors.OpPrereqError():
            return _prereq_error(exc)
        case errors.OpExecError():
            return f"Failure: command execution error:\n{exc}"
        case errors.TagError():
            return f"Failure: invalid tag(s) given:\n{exc}"
        case errors.JobQueueError():
            return _queue_error(exc)
        case errors.TypeEnforcementError():
            return f"Parameter Error: {exc}"
        case errors.ParameterError():
            return f"Failure: unknown/wrong parameter name '{exc}'"
        case errors.LuxiError():
            return _luxi_error(exc)
        case errors.JobLost():
            return f"Error checking job status: {exc}"
        case errors.QueryFilterParseError():
            return _filter_error(exc)
        case _:
            return f"Unhandled Ganeti error: {exc}"


def describe(exc: BaseException) -> Failure:
    """Return exit code and text for an exception that ends a command.

    Exceptions that are no error of ours are raised again: they are faults of the program.
    """
    match exc:
        case ExitError():
            return Failure(exc.exit_code, exc.text)
        case errors.JobSubmittedException():
            return Failure(c.EXIT_SUCCESS, f"JobID: {exc.args[0]}")
        case KeyboardInterrupt():
            return Failure(
                c.EXIT_FAILURE, "Aborted. Jobs that were already submitted go on in the background; see 'gnt-job list'."
            )
        case errors.ConfigurationError():
            return Failure(_EXIT_CONFIGURATION, f"Corrupt configuration file: {exc}\nAborting.")
        case errors.GenericError():
            return Failure(c.EXIT_FAILURE, _ganeti_error(exc))
    raise exc
