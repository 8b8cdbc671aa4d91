"""Command lines to values: one argparse parser per sub-command, built from its declaration.

argparse takes options anywhere and refuses values that look like options. The programs have always stopped at the
first word that is no option (``gnt-cluster command ls -l``) and always taken the word after a flag as its value
(``--net -1:remove``), so the words are first sorted into options, each joined with its value, and arguments.
"""

import argparse
import copy
import sys
from collections.abc import Callable, Sequence
from typing import Any, Final, NoReturn

from ganeti import constants as c
from ganeti.cli.options import Argument, Command, Option
from ganeti.cli.values import PARSERS, ValueSyntaxError

#: Options of every sub-command.
COMMON_OPTIONS: Final = (
    Option(("-d", "--debug"), "debug", help="log more; may be repeated", action="count", default=0),
    Option(("--reason",), "reason", help="reason for the operation, stored with the job", default=[]),
    Option(("-h", "--help"), None, help="show this help", action="help"),
)


class UsageError(Exception):
    """The command line is wrong; argument: what is wrong with it."""


class _Parser(argparse.ArgumentParser):
    """A parser that raises instead of ending the program."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(message)


class _WarnAboutDeprecated(argparse.Action):
    """Accept an option of older releases whose effect is the default now."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        del parser, namespace, values
        sys.stderr.write(f"Warning: option {option_string} is deprecated and has no effect\n")


def _converter(parse: Callable[[str], Any]) -> Callable[[str], Any]:
    """Make the text of a ValueSyntaxError reach the user."""

    def convert(text: str) -> Any:
        try:
            return parse(text)
        except ValueSyntaxError as err:
            raise argparse.ArgumentTypeError(str(err)) from None
        except ValueError:
            raise argparse.ArgumentTypeError(f"invalid value: {text!r}") from None

    return convert


def _priority(text: str) -> int:
    try:
        return c.PRIORITY_NAMES[text.lower()]
    except KeyError:
        known = ", ".join(sorted(c.PRIORITY_NAMES))
        raise ValueSyntaxError(f"unknown priority '{text}', use one of {known}") from None


def _add_option(parser: argparse.ArgumentParser, option: Option) -> None:
    kwargs: dict[str, Any] = {"help": option.help, "default": copy.copy(option.default)}
    if option.callback == "deprecated":
        parser.add_argument(*option.flags, action=_WarnAboutDeprecated, nargs=0, dest=argparse.SUPPRESS, **kwargs)
        return
    if option.action == "help":
        parser.add_argument(*option.flags, action="help", help=option.help)
        return
    if option.takes_value:
        kwargs["metavar"] = option.metavar
        if option.callback == "priority":
            kwargs["type"] = _converter(_priority)
        else:
            kwargs["action"] = option.action
            if option.choices:
                kwargs["choices"] = option.choices
            if option.type in PARSERS:
                kwargs["type"] = _converter(PARSERS[option.type])
    else:
        kwargs["action"] = option.action
        if option.action == "store_const":
            kwargs["const"] = option.const
    parser.add_argument(*option.flags, dest=option.dest, **kwargs)


def build_parser(program: str, command: Command) -> argparse.ArgumentParser:
    """Return the parser of the options of *command*."""
    parser = _Parser(
        prog=f"{program} {command.name}",
        usage=f"%(prog)s [options] {command.synopsis}".rstrip(),
        description=command.help,
        add_help=False,
        allow_abbrev=False,
    )
    for option in (*command.options, *COMMON_OPTIONS):
        _add_option(parser, option)
    return parser


class _Splitter:
    """Sorts the words of a command line into options and arguments."""

    def __init__(self, options: Sequence[Option]) -> None:
        self._by_flag = {flag: option for option in options for flag in option.flags}

    def split(self, words: Sequence[str]) -> tuple[list[str], list[str]]:
        """Return (options joined with their values, arguments).

        Raises UsageError for an unknown or ambiguous option, or one that lacks its value.
        """
        rest = list(words)
        options: list[str] = []
        while rest:
            word = rest[0]
            if word == "--":
                return options, rest[1:]
            if not word.startswith("-") or word == "-":
                break
            rest.pop(0)
            options += self._long(word, rest) if word.startswith("--") else self._short(word, rest)
        return options, rest

    def _long(self, word: str, rest: list[str]) -> list[str]:
        written, has_value, value = word.partition("=")
        flag = self._complete(written)
        if has_value:
            return [f"{flag}={value}"]
        if not self._by_flag[flag].takes_value:
            return [flag]
        return [f"{flag}={_next_word(flag, rest)}"]

    def _complete(self, written: str) -> str:
        """Return the long flag that *written* abbreviates."""
        if written in self._by_flag:
            return written
        matches = sorted(flag for flag in self._by_flag if flag.startswith(written))
        if not matches:
            raise UsageError(f"no such option: {written}")
        if len(matches) > 1:
            raise UsageError(f"ambiguous option: {written} ({', '.join(matches)})")
        return matches[0]

    def _short(self, word: str, rest: list[str]) -> list[str]:
        """Take apart a word like ``-fn5``; only its last flag may have a value."""
        result: list[str] = []
        for position, letter in enumerate(word[1:], 1):
            flag = f"-{letter}"
            option = self._by_flag.get(flag)
            if option is None:
                raise UsageError(f"no such option: {flag}")
            if option.takes_value:
                value = word[position + 1 :] or _next_word(flag, rest)
                return [*result, *_joined(option, flag, value)]
            result.append(flag)
        return result


def _next_word(flag: str, rest: list[str]) -> str:
    if not rest:
        raise UsageError(f"{flag} option requires a value")
    return rest.pop(0)


def _joined(option: Option, flag: str, value: str) -> list[str]:
    """Return flag and value in a form that argparse cannot take for two options."""
    long_flag = next((name for name in option.flags if name.startswith("--")), None)
    if long_flag is not None:
        return [f"{long_flag}={value}"]
    return [f"{flag}{value}"] if value else [flag, value]


def check_arguments(arguments: Sequence[str], declared: Sequence[Argument]) -> None:
    """Check the number of arguments, and those that are one of a few words.

    Raises UsageError.
    """
    minimum = sum(argument.minimum for argument in declared)
    has_limit = all(argument.maximum is not None for argument in declared)
    maximum = sum(argument.maximum or 0 for argument in declared)
    if not declared and arguments:
        raise UsageError("this command takes no arguments")
    if len(arguments) < minimum:
        names = " ".join(argument.synopsis for argument in declared)
        raise UsageError(f"too few arguments, expected: {names}")
    if has_limit and len(arguments) > maximum:
        raise UsageError(f"too many arguments, at most {maximum} expected")
    for given, argument in zip(arguments, declared, strict=False):
        if argument.kind == "choice" and given not in argument.choices:
            raise UsageError(f"invalid {argument.name} '{given}', use one of {', '.join(argument.choices)}")


def parse(program: str, command: Command, words: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
    """Return (options, arguments) of a sub-command from the words after its name.

    Raises UsageError, ParameterError for a bad key=value list, SystemExit after ``--help``.
    """
    option_words, arguments = _Splitter((*command.options, *COMMON_OPTIONS)).split(words)
    options = build_parser(program, command).parse_args(option_words)
    check_arguments(arguments, command.arguments)
    return options, arguments
