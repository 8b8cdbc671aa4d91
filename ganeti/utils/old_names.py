"""Names of older releases in the modules where programs of other projects look for them.

The modules themselves stay free of them: whoever asks for such a name gets it from ``ganeti.scripting``, which is
imported then.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, Final

_IMPLEMENTATIONS: Final = "ganeti.scripting"
#: Module -> old name -> name of the implementation.
_OLD_NAMES: Final[Mapping[str, Mapping[str, str]]] = {
    "ganeti.cli": {"GetClient": "get_client"},
    "ganeti.jqueue": {"_QueuedJob": "QueuedJob", "_QueuedOpCode": "QueuedOpCode"},
    "ganeti.serializer": {"LoadJson": "load_json", "DumpJson": "dump_json"},
    "ganeti.ssconf": {"SimpleStore": "SimpleStore"},
    "ganeti.utils": {"ReadFile": "read_file"},
}


def finder(module: str) -> Callable[[str], Any]:
    """Return the ``__getattr__`` of a module that has old names."""
    names = _OLD_NAMES[module]

    def find(name: str) -> Any:
        if name not in names:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        return getattr(import_module(_IMPLEMENTATIONS), names[name])

    return find
