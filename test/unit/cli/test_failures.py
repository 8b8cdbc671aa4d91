"""Error texts and exit codes."""

import pytest

from ganeti import errors
from ganeti.cli import failures
from ganeti.luxi import errors as luxi_errors


@pytest.mark.parametrize(
    ("exc", "exit_code", "text"),
    [
        (errors.ConfigurationError("broken"), 2, "Corrupt configuration file: broken\nAborting."),
        (
            errors.HooksAbort([["n1", "10-check", "no"], ["n2", "20-x", ""]]),
            1,
            "Failure: hooks execution failed:\n  node: n1, script: 10-check, output: no\n"
            "  node: n2, script: 20-x (no output)",
        ),
        (errors.HooksFailure("m"), 1, "Failure: hooks general failure: m"),
        (errors.ResolverError("web", -2, "unknown"), 1, "Failure: can't resolve hostname 'web'"),
        (
            errors.OpPrereqError("no such node", "unknown_entity"),
            1,
            "Failure: prerequisites not met for this operation:\n"
            "error type: unknown_entity, error details:\nno such node",
        ),
        (errors.OpPrereqError("m"), 1, "Failure: prerequisites not met for this operation:\nm"),
        (errors.OpExecError("m"), 1, "Failure: command execution error:\nm"),
        (errors.TagError("m"), 1, "Failure: invalid tag(s) given:\nm"),
        (errors.TypeEnforcementError("m"), 1, "Parameter Error: m"),
        (errors.ParameterError("m"), 1, "Failure: unknown/wrong parameter name 'm'"),
        (
            luxi_errors.NoMasterError("/s"),
            1,
            "Cannot communicate with the master daemon.\nIs the process running and listening for connections?",
        ),
        (
            luxi_errors.RequestError("m"),
            1,
            "Unhandled protocol error while talking to the master daemon:\nm",
        ),
        (errors.JobLost("m"), 1, "Error checking job status: m"),
        (
            errors.QueryFilterParseError("bad", ["a b", "  ^", "detail"]),
            1,
            "Error while parsing query filter: bad\na b\n  ^\ndetail",
        ),
        (errors.UnitParseError("m"), 1, "Unhandled Ganeti error: m"),
        (errors.JobSubmittedException(12), 0, "JobID: 12"),
        (failures.ExitError(13), 13, ""),
    ],
)
def test_texts_and_codes(exc: BaseException, exit_code: int, text: str) -> None:
    assert failures.describe(exc) == (exit_code, text)


@pytest.mark.parametrize(
    ("exc", "word"),
    [
        (errors.JobQueueDrainError("x"), "drained"),
        (errors.JobQueueFull(), "full"),
        (luxi_errors.LuxiTimeoutError("slow"), "slow"),
        (luxi_errors.LuxiPermissionError("/s"), "permission"),
        (KeyboardInterrupt(), "background"),
    ],
)
def test_texts_of_our_own_wording_name_the_point(exc: BaseException, word: str) -> None:
    failure = failures.describe(exc)
    assert failure.exit_code == 1
    assert word in failure.text


def test_faults_of_the_program_are_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        failures.describe(ZeroDivisionError())
