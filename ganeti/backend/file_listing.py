"""Node procedure that lists disk images."""

from ganeti.backend.base import implements
from ganeti.backend.bdev import device_errors
from ganeti.rpc import procedures
from ganeti.rpc.procedures.storage import StoredFile
from ganeti.storage.file_listing import list_files


@implements(procedures.file_storage_list)
def file_storage_list(directories: list[str]) -> list[StoredFile]:
    """Return all files below directories of disk images."""
    with device_errors():
        return [file for directory in directories for file in list_files(directory)]
