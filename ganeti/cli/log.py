"""The log of commands: what was called and how it failed."""

import logging
import os
import sys
from collections.abc import Sequence
from typing import Final

from ganeti import pathutils
from ganeti.cli.invocation import Invocation
from ganeti.types import REDACTED
from ganeti.utils.files import open_in_shared_directory

_FORMAT: Final = "%(asctime)s: {program} pid=%(process)d %(levelname)s %(message)s"
_DEBUG_FORMAT: Final = "%(asctime)s: {program} pid=%(process)d %(module)s:%(lineno)s %(levelname)s %(message)s"


def setup(invocation: Invocation) -> None:
    """Send log messages to the log of commands, and with ``-d`` also to standard error.

    Users that may not write the log file, as members of the group of administrators, have their messages in syslog if
    it runs.
    """
    is_debug = bool(invocation.options.debug)
    program = f"{invocation.program.name} {invocation.command.name}"
    formatter = logging.Formatter((_DEBUG_FORMAT if is_debug else _FORMAT).format(program=program))
    root = logging.getLogger()
    for handler in list(root.handlers):
        root.removeHandler(handler)
        handler.close()
    root.setLevel(logging.DEBUG if is_debug else logging.INFO)
    handlers: list[logging.Handler] = [logging.NullHandler()]
    try:
        descriptor = open_in_shared_directory(pathutils.LOG_COMMANDS, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    except OSError as err:
        if is_debug:
            sys.stderr.write(f"Cannot write {pathutils.LOG_COMMANDS}: {err.strerror}\n")
        handlers.append(_syslog(program))
    else:
        handlers.append(logging.StreamHandler(os.fdopen(descriptor, "a", encoding="utf-8")))
    if is_debug:
        handlers.append(logging.StreamHandler())
    for handler in handlers:
        if handler.formatter is None:
            handler.setFormatter(formatter)
        root.addHandler(handler)


def _syslog(program: str) -> logging.Handler:
    # Root's programs, which are most, do not need to load it.
    from ganeti.utils.log import syslog_handler

    return syslog_handler(program)


def _redact(word: str) -> str:
    """Return an option word without a confidential value; abbreviated flags count too."""
    flag, has_value, _ = word.partition("=")
    return f"{flag}={REDACTED}" if has_value else REDACTED


def command_line(invocation: Invocation, argv: Sequence[str]) -> None:
    """Log the words of the command line, without the values of confidential options."""
    flags = [flag for option in invocation.command.options if option.is_confidential for flag in option.flags]
    shown: list[str] = []
    hide_next = False
    for word in argv:
        is_secret = word.startswith("--") and any(flag.startswith(word.partition("=")[0]) for flag in flags)
        if hide_next:
            shown.append(REDACTED)
            hide_next = False
        elif is_secret and "=" in word:
            shown.append(_redact(word))
        else:
            shown.append(word)
            hide_next = is_secret
    logging.debug("Command line: %s", " ".join(shown))


def failure(exc: BaseException) -> None:
    """Log an error with its traceback."""
    logging.error("Command failed: %s", exc, exc_info=exc)
