"""How a procedure is declared: its name, typed arguments and result, and how long it may take."""

import enum
import inspect
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Generic, ParamSpec, TypeVar

import msgspec

from ganeti.objects.base import decode_as, encode_clear

P = ParamSpec("P")
R = TypeVar("R")


class Timeout(enum.IntEnum):
    """Seconds that a whole call may take, by kind of work."""

    #: What the watcher and queries ask all the time, and queue replication.
    URGENT = 60
    #: Trivial work on the node.
    FAST = 300
    NORMAL = 900
    #: Copies and moves of whole disks and guests.
    SLOW = 3600
    FOUR_HOURS = 14400
    ONE_DAY = 86400


class Client(enum.Enum):
    """Who makes a call, hence how node names become addresses."""

    DEFAULT = "default"
    BOOTSTRAP = "bootstrap"
    DNS_ONLY = "dns_only"
    CONFIG = "config"
    JOB_QUEUE = "job_queue"
    QUERY = "query"


#: Limit of a call in seconds: a class, or a function of the arguments.
TimeLimit = Timeout | Callable[..., float]


@dataclass(frozen=True)
class Argument:
    """A positional argument of a procedure."""

    name: str
    kind: Any


@dataclass(frozen=True, eq=False)
class Procedure(Generic[P, R]):
    """A declared procedure.

    ``is_multi``: made for many nodes at once. ``offline_ok``: nodes marked offline are contacted too.
    ``is_repeatable``: doing it twice is like doing it once, so it may be sent again when a connection breaks.
    ``has_bare_body``: the only argument is the body itself instead of the element of a list.
    """

    name: str
    summary: str
    arguments: tuple[Argument, ...]
    result: Any
    time_limit: TimeLimit
    client: Client
    is_multi: bool
    offline_ok: bool
    is_repeatable: bool
    has_bare_body: bool

    @property
    def is_urgent(self) -> bool:
        """Whether node daemons keep room for it whatever else they do."""
        return self.time_limit is Timeout.URGENT

    @property
    def may_change(self) -> bool:
        """Whether it may change what queries ask nodes for; urgent calls look, or keep copies of files."""
        return not self.is_urgent

    def timeout_s(self, args: tuple[Any, ...]) -> float:
        """Return the limit of a call with these arguments in seconds."""
        return float(self.time_limit(*args)) if not isinstance(self.time_limit, Timeout) else float(self.time_limit)

    @cached_property
    def _body_kind(self) -> Any:
        kinds = tuple(argument.kind for argument in self.arguments)
        return kinds[0] if self.has_bare_body else types.GenericAlias(tuple, kinds)

    def encode_args(self, args: tuple[Any, ...]) -> bytes:
        """Return the body of a request. Raises TypeError for a wrong number of arguments."""
        if len(args) != len(self.arguments):
            raise TypeError(f"{self.name} takes {len(self.arguments)} arguments, not {len(args)}")
        return encode_clear(args[0] if self.has_bare_body else args)

    def encode_each(self, args_of: Mapping[str, tuple[Any, ...]]) -> dict[str, bytes]:
        """Return the bodies of requests to many nodes; equal arguments that are one object are encoded once."""
        bodies: dict[int, bytes] = {}
        for args in args_of.values():
            if id(args) not in bodies:
                bodies[id(args)] = self.encode_args(args)
        return {node: bodies[id(args)] for node, args in args_of.items()}

    def decode_args(self, body: bytes) -> tuple[Any, ...]:
        """Return the arguments in the body of a request. Raises ValueError if they do not fit the declaration."""
        decoded = decode_as(body, self._body_kind)
        return (decoded,) if self.has_bare_body else typing.cast(tuple[Any, ...], decoded)

    def decode_result(self, payload: bytes | msgspec.Raw) -> R:
        """Return the result in the answer of a node. Raises ValueError if it does not fit the declaration."""
        return typing.cast(R, decode_as(bytes(payload), self.result))


_REGISTRY: Final[dict[str, Procedure[Any, Any]]] = {}


def procedure(
    *,
    timeout: TimeLimit = Timeout.NORMAL,
    client: Client = Client.DEFAULT,
    multi: bool = False,
    offline_ok: bool = False,
    repeatable: bool | None = None,
    bare_body: bool = False,
) -> Callable[[Callable[P, R]], Procedure[P, R]]:
    """Declare a procedure by a function without a body; its arguments must be positional only.

    Calls are *repeatable* if they are urgent, unless said otherwise.
    """

    def declare(function: Callable[P, R]) -> Procedure[P, R]:
        hints = typing.get_type_hints(function)
        arguments = tuple(Argument(name, hints[name]) for name in inspect.signature(function).parameters)
        name = function.__name__
        assert name not in _REGISTRY, f"Procedure {name} is declared twice"
        declared: Procedure[P, R] = Procedure(
            name=name,
            summary=inspect.getdoc(function) or "",
            arguments=arguments,
            result=hints["return"],
            time_limit=timeout,
            client=client,
            is_multi=multi,
            offline_ok=offline_ok,
            is_repeatable=timeout is Timeout.URGENT if repeatable is None else repeatable,
            has_bare_body=bare_body,
        )
        _REGISTRY[name] = declared
        return declared

    return declare


def all_procedures() -> dict[str, Procedure[Any, Any]]:
    """Return every declared procedure by name (of the topic modules imported so far)."""
    return dict(_REGISTRY)
