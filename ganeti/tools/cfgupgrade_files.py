"""What cfgupgrade changes besides the configuration: files that moved, are new, or have no use any more."""

import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ganeti.tools.common import ToolError
from ganeti.utils.files import remove_if_exists, write_atomic

_LOG = logging.getLogger(__name__)

_STORAGE_PATHS_MODE: Final = 0o600
_RAPI_DIRECTORY_MODE: Final = 0o750
_STORAGE_DIRS: Final = ("file_storage_dir", "shared_file_storage_dir", "gluster_storage_dir")
_NO_STORAGE: Final = "/no-file-storage"


@dataclass(frozen=True)
class Directories:
    """Where the files are: data and configuration directory of this node."""

    data: str
    conf: str

    def data_file(self, name: str) -> str:
        """Return a path in the data directory."""
        return f"{self.data}/{name}"

    @property
    def storage_paths(self) -> str:
        """The list of directories that may hold disks."""
        return f"{self.conf}/file-storage-paths"


def move_rapi_users(places: Directories) -> None:
    """Move the users of the remote API to a directory of their own; the old name becomes a link.

    Raises ToolError if there are two different files.
    """
    old, new = places.data_file("rapi_users"), places.data_file("rapi/users")
    if os.path.islink(old) or not os.path.exists(old):
        return
    if os.path.exists(new):
        raise ToolError(f"Both {old} and {new} exist; remove the one that is not used")
    if not os.path.isdir(os.path.dirname(new)):
        os.mkdir(os.path.dirname(new), _RAPI_DIRECTORY_MODE)
    _LOG.info("Moving %s to %s", old, new)
    os.rename(old, new)
    os.symlink("rapi/users", old)


def remove_watcher_state(places: Directories) -> None:
    """Remove the state file that the watcher had before there was one for each node group."""
    if remove_if_exists(places.data_file("watcher.data")):
        _LOG.info("Removed the old state of the watcher")


def make_storage_paths(places: Directories, config: Mapping[str, Any]) -> None:
    """Allow the directories of the cluster as places for disks, if nothing says yet what is allowed."""
    if os.path.exists(places.storage_paths):
        return
    cluster = config["cluster"]
    paths = [cluster[key] for key in _STORAGE_DIRS if cluster.get(key) and cluster[key] != _NO_STORAGE]
    if paths:
        _LOG.info("Writing %s", places.storage_paths)
        write_atomic(places.storage_paths, "".join(f"{path}\n" for path in paths), mode=_STORAGE_PATHS_MODE)


def run_all(places: Directories, config: Mapping[str, Any]) -> list[str]:
    """Make all changes, each independent of the others; returns what went wrong."""
    steps: dict[str, Callable[[], None]] = {
        "users of the remote API": lambda: move_rapi_users(places),
        "state of the watcher": lambda: remove_watcher_state(places),
        "allowed storage paths": lambda: make_storage_paths(places, config),
    }
    problems = []
    for name, step in steps.items():
        try:
            step()
        except (ToolError, OSError) as err:
            problems.append(f"{name}: {err}")
    return problems
