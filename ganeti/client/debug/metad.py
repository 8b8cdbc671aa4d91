"""gnt-debug metad: does the metadata daemon of this node answer?"""

from collections.abc import Callable, Sequence
from typing import Final

from ganeti import constants as c
from ganeti import errors, pathutils
from ganeti.cli.invocation import Invocation
from ganeti.luxi.client import Client
from ganeti.luxi.errors import NoMasterError, ProtocolError


def _echo(client: Client, words: Sequence[str]) -> str:
    """Return what the daemon makes of the words."""
    return str(client.call("echo", [" ".join(words)]))


_METHODS: Final[dict[str, Callable[[Client, Sequence[str]], str]]] = {"echo": _echo}


def run(call: Invocation) -> int:
    """Carry out one method and print its answer."""
    name, *words = call.arguments
    method = _METHODS.get(name)
    if method is None:
        raise errors.OpPrereqError(f"Unknown method '{name}', use {', '.join(sorted(_METHODS))}", c.ECODE_INVAL)
    try:
        with Client(pathutils.METAD_SOCKET, waits_for_daemon=False) as client:
            print(method(client, words))
    except NoMasterError:
        raise errors.OpPrereqError(
            f"No metadata daemon answers on this node ({pathutils.METAD_SOCKET}); it runs only on nodes with instances"
            " that need it",
            c.ECODE_ENVIRON,
        ) from None
    except ProtocolError as err:
        raise errors.OpExecError(f"The metadata daemon did not answer as expected: {err}") from err
    return c.EXIT_SUCCESS
