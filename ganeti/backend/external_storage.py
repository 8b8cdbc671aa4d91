"""Node procedure that looks for providers of external storage."""

from ganeti.backend.base import implements
from ganeti.rpc import procedures
from ganeti.rpc.procedures.storage import FoundProvider
from ganeti.storage.providers import diagnose


@implements(procedures.extstorage_diagnose)
def extstorage_diagnose() -> list[FoundProvider]:
    """Return everything that looks like a provider, usable or not."""
    return [(found.name, found.path, not found.problem, found.problem, found.parameters) for found in diagnose()]
