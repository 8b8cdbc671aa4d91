"""OS definitions: directories of scripts that put an operating system on the disks of instances.

See `ganeti-os-interface(7)`. This module finds and checks them; `ganeti.backend.os_run` runs their scripts.
"""

from __future__ import annotations

import logging
import re
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from ganeti import constants as c
from ganeti import errors, pathutils

_log = logging.getLogger(__name__)

_VARIANT_SEPARATOR = "+"
_NAME = re.compile(c.EXT_PLUGIN_MASK)
_REQUIRED_SCRIPTS = (c.OS_SCRIPT_EXPORT, c.OS_SCRIPT_IMPORT, c.OS_SCRIPT_RENAME)
_CREATE_SCRIPTS = (c.OS_SCRIPT_CREATE, c.OS_SCRIPT_CREATE_UNTRUSTED)


class OsDefinitionError(errors.GenericError):
    """An OS definition is missing or unusable; the text says why."""


class OsDiagnosis(NamedTuple):
    """One entry of the OS search path.

    Attributes:
      name: of the OS, without variant.
      path: of the directory.
      valid: it is a usable definition.
      message: why it is not.
      variants: names of its variants.
      parameters: (name, help text) of its parameters.
      api_versions: versions of the interface it declares.
      trusted: its scripts may run on the node itself.
    """

    name: str
    path: str
    valid: bool
    message: str
    variants: list[str]
    parameters: list[tuple[str, str]]
    api_versions: list[int]
    trusted: bool


@dataclass(frozen=True, slots=True)
class OsDefinition:
    """A valid OS definition.

    Attributes:
      name: without variant.
      path: its directory.
      api_versions: versions of the interface it declares.
      variants: names of its variants.
      parameters: parameter name -> help text.
      scripts: script name -> path.
    """

    name: str
    path: Path
    api_versions: tuple[int, ...]
    variants: tuple[str, ...]
    parameters: Mapping[str, str]
    scripts: Mapping[str, Path]

    @property
    def api_version(self) -> int:
        """The version that both sides use: the highest common one."""
        return max(set(self.api_versions) & set(c.OS_API_VERSIONS))

    @property
    def is_trusted(self) -> bool:
        """Whether its scripts may run on the node itself."""
        return c.OS_SCRIPT_CREATE_UNTRUSTED not in self.scripts

    def variant_of(self, full_name: str) -> str:
        """The variant that a full name asks for: its own one, else the first one of the list, else none."""
        if self.api_version < c.OS_API_V15:
            return ""
        _, variant = split_name(full_name)
        return variant or (self.variants[0] if self.variants else "")

    def check_variant(self, full_name: str) -> None:
        """Check that a full name has a variant exactly if the OS has variants, and a known one.

        Raises:
          OsDefinitionError: it is not so.
        """
        _, variant = split_name(full_name)
        if not self.variants:
            if variant:
                raise OsDefinitionError(f"OS '{self.name}' does not support variants ('{variant}' passed)")
        elif not variant:
            raise OsDefinitionError(f"OS name '{full_name}' must include a variant")
        elif variant not in self.variants:
            raise OsDefinitionError(f"OS '{self.name}' does not support variant '{variant}'")

    def check_parameter_names(self, names: Sequence[str]) -> None:
        """Check that parameters are declared.

        Raises:
          OsDefinitionError: one is not.
        """
        unknown = sorted(set(names) - set(self.parameters))
        if unknown:
            raise OsDefinitionError(f"OS '{self.name}' has no parameter '{unknown[0]}'")


def split_name(full_name: str) -> tuple[str, str]:
    """Split `BASE+VARIANT`; the variant is empty when there is none."""
    base, _, variant = full_name.partition(_VARIANT_SEPARATOR)
    return base, variant


def find_os(full_name: str, search_path: Sequence[str] = pathutils.OS_SEARCH_PATH) -> OsDefinition:
    """Find and check the definition of an OS.

    Raises:
      OsDefinitionError: there is none, or the first one in the search path is unusable.
    """
    base, _ = split_name(full_name)
    if _NAME.fullmatch(base):
        for directory in search_path:
            path = Path(directory) / base
            if path.is_dir():
                return load_os(base, path)
    raise OsDefinitionError(f"Directory for OS {base} not found in search path")


def load_os(name: str, path: Path) -> OsDefinition:
    """Read and check an OS definition.

    Raises:
      OsDefinitionError: the first problem found.
    """
    api_versions = _read_api_versions(path)
    highest = max(set(api_versions) & set(c.OS_API_VERSIONS))
    scripts = {script: path / script for script in _REQUIRED_SCRIPTS}
    if highest >= c.OS_API_V20:
        scripts[c.OS_SCRIPT_VERIFY] = path / c.OS_SCRIPT_VERIFY
    scripts.update({script: path / script for script in _CREATE_SCRIPTS if _is_present(path / script)})
    if not any(script in scripts for script in _CREATE_SCRIPTS):
        raise OsDefinitionError(f"A create script (trusted or untrusted) under path '{path}' must exist")
    for script in scripts.values():
        _check_file(script, executable=True)
    return OsDefinition(
        name=name,
        path=path,
        api_versions=api_versions,
        variants=_read_variants(path) if highest >= c.OS_API_V15 else (),
        parameters=_read_parameters(path) if highest >= c.OS_API_V20 else {},
        scripts=scripts,
    )


def diagnose(search_path: Sequence[str] = pathutils.OS_SEARCH_PATH) -> list[OsDiagnosis]:
    """Describe every directory in the search path, hidden and unusable ones included."""
    result: list[OsDiagnosis] = []
    for directory in search_path:
        try:
            names = sorted(path.name for path in Path(directory).iterdir() if not path.name.startswith("."))
        except FileNotFoundError:
            continue
        except OSError as err:
            _log.warning("Cannot list OS definitions in %s: %s", directory, err)
            continue
        result += [_diagnose_one(name, Path(directory) / name) for name in names]
    return result


def _diagnose_one(name: str, path: Path) -> OsDiagnosis:
    try:
        if not _NAME.fullmatch(name):
            raise OsDefinitionError(f"Name '{name}' has characters other than letters, digits, '_' and '-'")
        if not path.is_dir():
            raise OsDefinitionError(f"Path '{path}' is not a directory")
        found = load_os(name, path)
    except OsDefinitionError as err:
        return OsDiagnosis(name, str(path), False, str(err), [], [], [], True)
    return OsDiagnosis(
        name,
        str(path),
        True,
        "",
        list(found.variants),
        list(found.parameters.items()),
        list(found.api_versions),
        found.is_trusted,
    )


def _read_api_versions(path: Path) -> tuple[int, ...]:
    file = path / c.OS_API_FILE
    try:
        status = file.stat()
        if not stat.S_ISREG(status.st_mode):
            raise OsDefinitionError(f"File '{c.OS_API_FILE}' under path '{path}' is not a regular file")
        lines = [line.strip() for line in file.read_text().splitlines()]
    except (OSError, UnicodeDecodeError) as err:
        raise OsDefinitionError(
            f"Required file '{c.OS_API_FILE}' not found under path {path}: {_describe(err)}"
        ) from err
    try:
        versions = tuple(int(line) for line in lines if line)
    except ValueError as err:
        raise OsDefinitionError(f"API version(s) can't be converted to integer: {err}") from err
    if not set(versions) & set(c.OS_API_VERSIONS):
        raise OsDefinitionError(
            f"API version mismatch for path '{path}': found {list(versions)}, want {list(c.OS_API_VERSIONS)}"
        )
    return versions


def _describe(err: Exception) -> str:
    return err.strerror or str(err) if isinstance(err, OSError) else str(err)


def _is_present(path: Path) -> bool:
    # A dangling link is a definition that was meant to have the file, so it must be reported.
    return path.exists() or path.is_symlink()


def _check_file(path: Path, *, executable: bool) -> None:
    label = f"File '{path.name}' under path '{path.parent}'"
    try:
        mode = path.stat().st_mode
    except OSError as err:
        raise OsDefinitionError(f"{label} is missing ({_describe(err)})") from err
    if not stat.S_ISREG(mode):
        raise OsDefinitionError(f"{label} is not a regular file")
    if executable and not mode & stat.S_IXUSR:
        raise OsDefinitionError(f"{label} is not executable")


def _read_lines(path: Path) -> list[str]:
    """Lines of a list file without blank ones and comments."""
    _check_file(path, executable=False)
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as err:
        raise OsDefinitionError(f"Cannot read '{path}': {_describe(err)}") from err
    stripped = (line.strip() for line in text.splitlines())
    return [line for line in stripped if line and not line.startswith("#")]


def _read_variants(path: Path) -> tuple[str, ...]:
    file = path / c.OS_VARIANTS_FILE
    return tuple(_read_lines(file)) if _is_present(file) else ()


def _read_parameters(path: Path) -> dict[str, str]:
    parts = (line.split(None, 1) for line in _read_lines(path / c.OS_PARAMETERS_FILE))
    return {part[0]: part[1] if len(part) > 1 else "" for part in parts}
