"""gnt-debug wconfd: what older releases asked their configuration daemon, answered by the master daemon."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from ganeti import constants as c
from ganeti import errors
from ganeti.cli import output
from ganeti.cli.invocation import Invocation


def _locks(call: Invocation) -> list[tuple[str, str, list[str]]]:
    """Return (name, mode, owners) of the locks that are held; calls to nodes have owners, but no mode."""
    answer = call.client.query(c.QR_LOCK, ["name", "mode", "owner"])
    return [(name, mode, owners) for (_, name), (_, mode), (_, owners) in answer.rows if mode]


def _ping(call: Invocation) -> None:
    call.client.query_config_values(["cluster_name"])


def _echo(call: Invocation, words: Sequence[str]) -> list[str]:
    """Return the words, if the daemon is there."""
    _ping(call)
    return [" ".join(words)]


def _clean_up_locks(call: Invocation, words: Sequence[str]) -> list[str]:
    """Do nothing: the process that runs the jobs also keeps the locks, so none can be left over."""
    del words
    _ping(call)
    return ["Stale locks cleaned up."]


def _list_locks(call: Invocation, words: Sequence[str]) -> list[str]:
    """Return the locks of one job."""
    if len(words) != 1 or not words[0].isdigit():
        raise errors.OpPrereqError("listlocks takes one job ID", c.ECODE_INVAL)
    return [f"{name}: {mode}" for name, mode, owners in _locks(call) if words[0] in owners]


def _list_all_locks(call: Invocation, words: Sequence[str]) -> list[str]:
    """Return the names of the locks that are held."""
    del words
    return [name for name, _, _ in _locks(call)]


def _list_all_owners(call: Invocation, words: Sequence[str]) -> list[str]:
    """Return the locks that are held, each with its mode and owners."""
    del words
    return [f"{name}: {mode} {output.join_list(owners)}" for name, mode, owners in _locks(call)]


def _flush(call: Invocation, words: Sequence[str]) -> list[str]:
    """Do nothing: what the master daemon has acknowledged is on disk."""
    del words
    _ping(call)
    return ["Configuration flushed."]


_METHODS: Final[dict[str, Callable[[Invocation, Sequence[str]], list[Any]]]] = {
    "cleanuplocks": _clean_up_locks,
    "echo": _echo,
    "flushconfig": _flush,
    "listalllocks": _list_all_locks,
    "listalllocksowners": _list_all_owners,
    "listlocks": _list_locks,
}


def run(call: Invocation) -> int:
    """Carry out one method and print its answer."""
    name, *words = call.arguments
    method = _METHODS.get(name)
    if method is None:
        raise errors.OpPrereqError(f"Unknown method '{name}', use one of {', '.join(sorted(_METHODS))}", c.ECODE_INVAL)
    output.print_lines(method(call, words))
    return c.EXIT_SUCCESS
