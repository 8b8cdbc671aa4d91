"""The body of every gnt-* program: choose the sub-command, parse, run, report errors."""

import errno
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Final

from ganeti import buildcfg, errors
from ganeti import constants as c
from ganeti.cli import failures
from ganeti.cli.invocation import Invocation
from ganeti.cli.options import Command, Program

Handler = Callable[[Invocation], int]

_USAGE_WIDTH: Final = 79
#: Errors of writing to a file system that is full or gone.
_OUTPUT_ERRORS: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO})


def version_text(program: Program) -> str:
    """Return what ``--version`` prints."""
    return f"{program.name} (ganeti {buildcfg.VCS_VERSION}) {c.RELEASE_VERSION}"


def usage_text(program: Program) -> str:
    """Return the list of sub-commands."""
    import textwrap

    lines = [
        f"Usage: {program.name} {{command}} [options...] [argument...]",
        f"{program.name} <command> --help to see details, or man {program.name}",
        "",
        "Commands:",
    ]
    width = max(len(command.name) for command in program.commands)
    for command in sorted(program.commands, key=lambda item: item.name):
        first, *rest = textwrap.wrap(command.help, max(20, _USAGE_WIDTH - width - 4))
        lines.append(f" {command.name:<{width}} - {first}")
        lines += [" " * (width + 4) + line for line in rest]
    return "\n".join(lines)


def _choose(program: Program, argv: Sequence[str]) -> Command:
    """Return the wanted sub-command.

    Raises ExitError when there is none, after printing what was asked for.
    """
    if argv and argv[0] == "--version":
        print(version_text(program))
        raise failures.ExitError(c.EXIT_SUCCESS)
    if argv and argv[0] in ("-h", "--help"):
        print(usage_text(program))
        raise failures.ExitError(c.EXIT_SUCCESS)
    command = program.by_name.get(argv[0]) if argv else None
    if command is None:
        if argv:
            sys.stderr.write(f"Unknown command '{argv[0]}'\n")
        print(usage_text(program))
        raise failures.ExitError(c.EXIT_FAILURE)
    return command


def _words(program: Program, command: Command, argv: Sequence[str]) -> list[str]:
    """Return the words after the sub-command, those of the environment first."""
    variable = program.environment_variable(command.name)
    text = os.environ.get(variable, "") if variable else ""
    if not text:
        return list(argv[1:])
    import shlex

    return [*shlex.split(text), *argv[1:]]


def load_handler(command: Command) -> Handler:
    """Import and return the function that carries out *command*."""
    module, _, function = command.handler.partition(":")
    handler: Handler = getattr(import_module(module), function)
    return handler


def _parse(program: Program, command: Command, words: Sequence[str]) -> Invocation:
    from ganeti.cli import parser

    try:
        options, arguments = parser.parse(program.name, command, words)
    except parser.UsageError as err:
        usage = f"Usage: {program.name} {command.name} [options] {command.synopsis}".rstrip()
        raise failures.ExitError(c.EXIT_FAILURE, f"{usage}\n\nError: {err}") from None
    return Invocation(program, command, options, tuple(arguments))


def _describe_failure(exc: BaseException) -> failures.Failure:
    """Return what to tell about *exc*; without a master daemon, say where it is."""
    from ganeti.luxi.errors import NoMasterError

    if isinstance(exc, NoMasterError):
        from ganeti.luxi import role

        try:
            role.require_master()
        except errors.GenericError as err:
            exc = err
    return failures.describe(exc)


def _log_failure(invocation: Invocation, exc: BaseException) -> None:
    """Write the error with its traceback to the log of commands."""
    from ganeti.cli import log

    log.setup(invocation)
    log.failure(exc)


def _run(program: Program, argv: Sequence[str]) -> int:
    command = _choose(program, argv)
    invocation = _parse(program, command, _words(program, command, argv))
    if invocation.options.debug:
        from ganeti.cli import log

        log.setup(invocation)
        log.command_line(invocation, argv)
    try:
        return load_handler(command)(invocation)
    except (errors.GenericError, KeyboardInterrupt) as err:
        _log_failure(invocation, err)
        raise


def _drop_output() -> None:
    """Throw away what could not be written: Python flushes standard output again at exit, which must not fail."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def run_program(program: Program, argv: Sequence[str] | None = None) -> int:
    """Run *program* with the given or the process's arguments and return its exit code."""
    try:
        exit_code = _run(program, sys.argv[1:] if argv is None else argv)
        sys.stdout.flush()
        return exit_code
    except SystemExit as err:
        # argparse ends so after it has printed the help.
        return err.code if isinstance(err.code, int) else c.EXIT_SUCCESS
    except BrokenPipeError:
        # Whoever read our output is gone.
        _drop_output()
        return c.EXIT_FAILURE
    except BaseException as err:
        if isinstance(err, OSError) and err.errno in _OUTPUT_ERRORS and err.filename is None:
            _drop_output()
            sys.stderr.write(f"Failure: cannot write the output: {err.strerror}\n")
            return c.EXIT_FAILURE
        failure = _describe_failure(err)
        sys.stdout.flush()
        if failure.text:
            sys.stderr.write(f"{failure.text}\n")
        return failure.exit_code
