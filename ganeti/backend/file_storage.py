"""Node procedures about the directories of file disks."""

from ganeti.backend.base import implements
from ganeti.backend.bdev import device_errors
from ganeti.rpc import procedures
from ganeti.storage import file


@implements(procedures.file_storage_dir_create)
def file_storage_dir_create(file_storage_dir: str) -> None:
    """Make a directory for disk images."""
    with device_errors():
        file.create_directory(file_storage_dir)


@implements(procedures.file_storage_dir_remove)
def file_storage_dir_remove(file_storage_dir: str) -> None:
    """Remove an empty directory of disk images."""
    with device_errors():
        file.remove_directory(file_storage_dir)


@implements(procedures.file_storage_dir_rename)
def file_storage_dir_rename(old_file_storage_dir: str, new_file_storage_dir: str) -> None:
    """Rename a directory of disk images."""
    with device_errors():
        file.rename_directory(old_file_storage_dir, new_file_storage_dir)
