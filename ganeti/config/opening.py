"""Opening the configuration for work: load it, bring it up to date on disk, and start its threads."""

import logging
import os
import time

import msgspec

from ganeti import pathutils
from ganeti.config.configfile import ConfigFile, file_owner
from ganeti.config.encode import ConfigEncoder
from ganeti.config.load import LoadedConfig, load_config
from ganeti.config.store import ConfigStore
from ganeti.config.writer import ConfigWriter, Distribution, Permit
from ganeti.objects import ConfigData
from ganeti.utils.files import lock_if_exists, remove_leftovers, write_atomic

_LOG = logging.getLogger(__name__)


def open_store(
    path: str | None = None,
    *,
    accept_foreign: bool = False,
    distribution: Distribution | None = None,
    permit: Permit | None = None,
) -> ConfigStore:
    """Open the configuration file for changes; every change goes to *distribution* once it is on disk.

    With *accept_foreign* another host may be its master. *permit* is asked before every change. Raises
    ConfigurationError.
    """
    loaded = load_config(path, accept_foreign=accept_foreign)
    _remove_leftovers(path or pathutils.CLUSTER_CONF_FILE)
    file = ConfigFile(loaded.identity, path)
    encoder = ConfigEncoder()
    config, content = _written_back(loaded, file, encoder)
    store = ConfigStore(config, ConfigWriter(file, config, distribution, encoder=encoder, permit=permit))
    if distribution is not None:
        # A restarted master does not know what the other nodes have.
        distribution.offer(*store.snapshot_with_index(), content)
    return store


def _remove_leftovers(path: str) -> None:
    """Remove half-written copies that a crash has left; each is as large as the configuration."""
    # The lock keeps the node daemon from replacing the file.
    with lock_if_exists(path):
        for leftover in remove_leftovers(path):
            _LOG.info("Removed the half-written %s", leftover)


def _written_back(loaded: LoadedConfig, file: ConfigFile, encoder: ConfigEncoder) -> tuple[ConfigData, bytes]:
    """Write the configuration if the file does not hold just what we would write; returns it with its content.

    A file that was edited by hand may differ in nothing but its form. It must not stay different from the copies that
    the other nodes get, or they count as different configurations.
    """
    config = loaded.config
    if loaded.is_changed:
        config = msgspec.structs.replace(config, serial_no=config.serial_no + 1, mtime=time.time())
    content = encoder.encode(config)
    if loaded.is_changed or not _holds(file.path, content):
        reason = "upgraded while it was read" if loaded.is_changed else "written by another program"
        _LOG.info("The configuration was %s, writing it back", reason)
        file.replace(content)
    return config, content


def _holds(path: str, content: bytes) -> bool:
    """Tell whether a file holds just this; whatever hinders reading it hinders the next write too, which tells."""
    try:
        if os.path.getsize(path) != len(content):
            return False
        with open(path, "rb") as file:
            return file.read() == content
    except OSError:
        return True


def write_initial(config: ConfigData, path: str) -> None:
    """Create the configuration file of a new cluster.

    Raises OSError, and ConfigurationError if the accounts of the daemons do not exist.
    """
    uid, gid = file_owner()
    write_atomic(path, ConfigEncoder().encode(config), mode=0o600, uid=uid, gid=gid)
