"""Node procedures about exported instances."""

import os

from ganeti import pathutils
from ganeti.backend.base import RPCFail, implements
from ganeti.rpc import procedures


@implements(procedures.export_list)
def export_list() -> list[str]:
    """Return the names in the directory of exports; one that is not finished ends in ``.new``."""
    try:
        names = os.listdir(pathutils.EXPORT_DIR)
    except FileNotFoundError:
        raise RPCFail("No exports directory") from None
    except OSError as err:
        raise RPCFail(f"Cannot read the exports directory: {err.strerror}") from err
    return sorted(name for name in names if not name.startswith("."))
