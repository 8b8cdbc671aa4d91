"""Reading ``config.data``: version, upgrade, strict decoding, structural checks. Never writes anything."""

import os
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from ganeti import constants as c
from ganeti import errors, pathutils
from ganeti.config import verify
from ganeti.config.changes import SECTIONS
from ganeti.config.upgrade import upgrade
from ganeti.objects import ConfigData, convert_to
from ganeti.utils import net


class FileIdentity(NamedTuple):
    """What tells one version of the file from another: device, inode, modification time in nanoseconds."""

    device: int
    inode: int
    mtime_ns: int


class LoadedConfig(NamedTuple):
    """A configuration and the file it came from; ``is_changed`` if the upgrade made it differ from the file."""

    config: ConfigData
    identity: FileIdentity
    is_changed: bool


def identity_of(stat: os.stat_result) -> FileIdentity:
    """Return the identity in a stat result."""
    return FileIdentity(stat.st_dev, stat.st_ino, stat.st_mtime_ns)


def parse(data: bytes, *, now: float | None = None) -> tuple[ConfigData, bool]:
    """Return the configuration in the content of a file, and whether the upgrade changed it.

    Raises ConfigVersionMismatch, and ConfigurationError for everything else that is wrong with it.
    """
    try:
        raw: Any = msgspec.json.decode(data)
    except msgspec.DecodeError as err:
        raise errors.ConfigurationError(f"The configuration is not JSON: {err}") from None
    if not isinstance(raw, Mapping) or not isinstance(raw.get("version"), int):
        raise errors.ConfigurationError("The configuration has no version")
    if raw["version"] != c.CONFIG_VERSION:
        # The classes' arguments are an interface: expected version, found version.
        raise errors.ConfigVersionMismatch(c.CONFIG_VERSION, raw["version"])
    upgraded = upgrade(raw, now=time.time() if now is None else now)
    try:
        config = convert_to(upgraded, ConfigData)
    except (msgspec.ValidationError, TypeError, ValueError) as err:
        raise errors.ConfigurationError(f"The configuration cannot be used: {_culprit(upgraded) or err}") from None
    if config.cluster.master_node not in config.nodes:
        raise errors.ConfigurationError(f"The master node {config.cluster.master_node!r} is not in the configuration")
    return config, upgraded != raw


def _culprit(upgraded: Mapping[str, Any]) -> str | None:
    """Return which object of a section cannot be used and why; None if it is something else."""
    for kind, section in SECTIONS.items():
        for key, item in upgraded[section].items():
            try:
                convert_to(item, kind)
            except (msgspec.ValidationError, TypeError, ValueError) as err:
                name = item.get("name") if isinstance(item, Mapping) else None
                return f"{section}/{key}{f' ({name})' if name else ''}: {err}"
    return None


def load_config(path: str | None = None, *, accept_foreign: bool = False, check_structure: bool = True) -> LoadedConfig:
    """Read the configuration file.

    Unless *accept_foreign*, this host must be the master that the file names. With *check_structure* a configuration
    that the master daemon could not work with is refused.

    Raises ConfigurationError (ConfigVersionMismatch for another version, ConfigVerifyError for a broken structure);
    the file is untouched in every case.
    """
    path = path or pathutils.CLUSTER_CONF_FILE
    # Before the file is opened: a resolver that fails must not hit in the middle of a change.
    hostname = net.own_hostname()
    try:
        with open(path, "rb") as file:
            data, stat = file.read(), os.fstat(file.fileno())
    except OSError as err:
        raise errors.ConfigurationError(f"Can't read the configuration file {path}: {err.strerror}") from err
    try:
        config, is_changed = parse(data)
    except errors.ConfigVersionMismatch:
        raise
    except errors.ConfigurationError as err:
        raise errors.ConfigurationError(f"{path}: {err}") from None
    if not accept_foreign:
        check_is_master(config, hostname)
    if check_structure:
        problems = verify.structural_problems(config)
        if problems:
            raise errors.ConfigVerifyError(f"{path} cannot be used: {'; '.join(problems)}", problems)
    return LoadedConfig(config, identity_of(stat), is_changed)


def check_is_master(config: ConfigData, hostname: str) -> None:
    """Check that this host is the master in the configuration; raises ConfigurationError."""
    master = config.nodes[config.cluster.master_node].name
    if master != hostname:
        raise errors.ConfigurationError(
            f"The configuration belongs to another node: its master is {master}, this host is {hostname}"
        )
