"""Providers of external storage: directories of scripts of the site, found and checked here."""

import os
import re
import stat
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from ganeti import constants as c
from ganeti import pathutils
from ganeti.errors import BlockDeviceError

_NAME: Final = re.compile(c.EXT_PLUGIN_MASK)
#: Without one of these the action succeeds and does nothing.
_OPTIONAL: Final = frozenset({c.ES_SCRIPT_SNAPSHOT, c.ES_SCRIPT_OPEN, c.ES_SCRIPT_CLOSE})


class Provider(NamedTuple):
    """A usable provider: its directory, and its parameters with their descriptions."""

    name: str
    path: str
    parameters: list[tuple[str, str]]


class Diagnosis(NamedTuple):
    """What was found in a directory of the search path; *problem* is empty for a usable provider."""

    name: str
    path: str
    problem: str
    parameters: list[tuple[str, str]]


def load_provider(name: str, path: str) -> Provider:
    """Check the provider in a directory.

    Raises BlockDeviceError with the first problem.
    """
    if _NAME.fullmatch(name) is None:
        raise BlockDeviceError(f"Name '{name}' has characters other than letters, digits, '_' and '-'")
    if not os.path.isdir(path):
        raise BlockDeviceError(f"Path '{path}' is not a directory")
    for script in c.ES_SCRIPTS:
        _check_script(os.path.join(path, script), is_optional=script in _OPTIONAL)
    return Provider(name, path, _read_parameters(os.path.join(path, c.ES_PARAMETERS_FILE)))


def _check_script(path: str, *, is_optional: bool) -> None:
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError as err:
        if is_optional:
            return
        raise BlockDeviceError(f"Script '{path}' is missing") from err
    except OSError as err:
        raise BlockDeviceError(f"Script '{path}' is inaccessible: {err.strerror}") from err
    if not stat.S_ISREG(mode):
        raise BlockDeviceError(f"Script '{path}' is not a regular file")
    if not mode & stat.S_IXUSR:
        raise BlockDeviceError(f"Script '{path}' is not executable")


def _read_parameters(path: str) -> list[tuple[str, str]]:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            lines = [line.split(None, 1) for line in file if line.strip()]
    except OSError as err:
        raise BlockDeviceError(f"File '{path}' with the parameters is unreadable: {err.strerror}") from err
    return [(words[0], words[1].strip() if len(words) > 1 else "") for words in lines]


def _candidates(search_path: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield name and path of everything in the search path that is not hidden."""
    for directory in search_path:
        try:
            names = sorted(os.listdir(directory))
        except OSError:
            continue  # Most directories of the search path do not exist on most nodes.
        yield from ((name, os.path.join(directory, name)) for name in names if not name.startswith("."))


def diagnose(search_path: Sequence[str] = pathutils.ES_SEARCH_PATH) -> list[Diagnosis]:
    """Return what is in the search path, in its order, so that of equal names the first one is in use."""
    result = []
    for name, path in _candidates(search_path):
        try:
            found = load_provider(name, path)
        except BlockDeviceError as err:
            result.append(Diagnosis(name, path, str(err), []))
        else:
            result.append(Diagnosis(name, path, "", found.parameters))
    return result
