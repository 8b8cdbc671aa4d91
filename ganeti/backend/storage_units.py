"""Node procedure that lists storage units."""

from typing import Any

import msgspec

from ganeti import errors
from ganeti.backend.base import RPCFail, implements
from ganeti.rpc import procedures
from ganeti.storage import units


@implements(procedures.storage_list)
def storage_list(su_name: str, su_args: list[Any], name: str | None, fields: list[str]) -> list[list[Any]]:
    """Return the units of a type; for directories the only argument is the list of them."""
    if su_name not in units.DIRECTORY_TYPES:
        raise RPCFail(f"Storage of type '{su_name}' cannot be listed")
    try:
        (directories,) = msgspec.convert(su_args, tuple[list[str]])
    except msgspec.ValidationError as err:
        raise RPCFail(f"Wrong arguments for storage of type '{su_name}': {err}") from err
    try:
        return units.list_directories(directories, name, fields)
    except (errors.StorageError, errors.BlockDeviceError) as err:
        raise RPCFail(str(err)) from err
