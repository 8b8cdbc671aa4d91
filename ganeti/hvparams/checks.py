"""Kinds of checks for hypervisor parameters: what the master tests by itself, and what nodes have to look at."""

from __future__ import annotations

import enum
import ipaddress
import os.path
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from ganeti import errors
from ganeti.hvparams.cpumask import parse_multi_cpu_mask, parse_single_cpu_mask

_URL = re.compile(r"(https?|ftp)://", re.IGNORECASE)


class NodeCheck(enum.Enum):
    """What must exist on every node that may run the instance."""

    FILE = "regular file"
    DIRECTORY = "directory"
    #: URLs are not fetched.
    FILE_OR_URL = "regular file, unless a URL"


@dataclass(frozen=True, slots=True)
class Check:
    """The rule for the values of a parameter.

    Attributes:
      description: the rule in words, completing "must be ...".
      accepts: decides on a value without looking at the system.
      node: what nodes look at in addition.
      choices: the accepted values where there is a fixed set.
    """

    description: str
    accepts: Callable[[Any], bool]
    node: NodeCheck | None = None
    choices: tuple[Any, ...] | None = None


def is_url(value: str) -> bool:
    """Tell whether a text is an address that QEMU or an image download can fetch."""
    return _URL.match(value) is not None


def is_normalized_absolute_path(value: Any) -> bool:
    """Tell whether a value is an absolute path without `.`, `..` and superfluous slashes."""
    return isinstance(value, str) and os.path.isabs(value) and os.path.normpath(value) == value


def one_of(values: Collection[Any]) -> Check:
    """Membership in a fixed set."""
    choices = tuple(values)
    return Check(
        f"one of {', '.join(str(choice) for choice in choices)}", lambda value: value in choices, None, choices
    )


def between(lowest: int, highest: int) -> Check:
    """An integer within inclusive limits."""
    return Check(f"an integer from {lowest} to {highest}", lambda value: _is_int(value) and lowest <= value <= highest)


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_path_or_url(value: Any) -> bool:
    return isinstance(value, str) and (is_url(value) or is_normalized_absolute_path(value))


def _is_single_mask(value: Any) -> bool:
    try:
        return bool(parse_single_cpu_mask(value))
    except errors.ParseError:
        return False


def _is_multi_mask(value: Any) -> bool:
    try:
        return bool(parse_multi_cpu_mask(value))
    except errors.ParseError:
        return False


def _is_ipv4(value: Any) -> bool:
    try:
        ipaddress.IPv4Address(value)
    except ValueError:
        return False
    return True


FILE = Check("a normalised absolute path of a file", is_normalized_absolute_path, NodeCheck.FILE)
DIRECTORY = Check("a normalised absolute path of a directory", is_normalized_absolute_path, NodeCheck.DIRECTORY)
FILE_OR_URL = Check("a normalised absolute path or an http, https or ftp URL", _is_path_or_url, NodeCheck.FILE_OR_URL)
PATH = Check("a normalised absolute path", is_normalized_absolute_path)
PORT = between(1, 65534)
NON_NEGATIVE = Check("an integer of at least 0", lambda value: _is_int(value) and value >= 0)
CPU_MASK = Check("a CPU mask like 0,2-4", _is_single_mask)
CPU_MASKS = Check("CPU masks like 0,2-4, or the word all, joined by ':'", _is_multi_mask)
IPV4 = Check("an IPv4 address", _is_ipv4)
BOOT_LETTERS = Check("one or more of the letters a, c, d and n", lambda value: bool(re.fullmatch("[acdn]+", value)))
