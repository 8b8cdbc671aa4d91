"""Declaration of LUXI methods: name, typed arguments, where they run; and finding the right one for a request."""

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Annotated, Any, Final, TypeAlias, TypeVar, get_type_hints

import msgspec

from ganeti.luxi.wire import MalformedRequestError

#: A job id: a number or its decimal text.
JobId: TypeAlias = int | Annotated[str, msgspec.Meta(pattern=r"^[0-9]+$")]

FuncT = TypeVar("FuncT", bound=Callable[..., Any])

_DECLARATION: Final = "__luxi_method__"


class RequestRefusedError(Exception):
    """A well-formed request asks for something that cannot be understood; argument: the reason."""


class Where(Enum):
    """Where the work of a method is done."""

    #: In the event loop: never blocks, may await.
    LOOP = auto()
    #: In a thread: short computations and local files.
    SHORT = auto()
    #: In a thread of a larger pool: may ask nodes and wait for them.
    LONG = auto()


@dataclass(frozen=True)
class Declaration:
    """What is known about a method before it is bound to its services."""

    name: str
    where: Where
    changes_state: bool
    #: Waits for something; of no use once the client is gone.
    is_parked: bool


@dataclass(frozen=True)
class Method:
    """A method that can be called: *types* are those of its positional arguments, *defaults* of the last ones."""

    declaration: Declaration
    call: Callable[..., Any]
    names: tuple[str, ...]
    types: tuple[Any, ...]
    defaults: tuple[Any, ...]

    def convert(self, args: list[Any]) -> list[Any]:
        """Return the arguments as the method takes them.

        Raises MalformedRequestError.
        """
        missing = len(self.types) - len(args)
        if missing < 0 or missing > len(self.defaults):
            raise MalformedRequestError(
                f"method {self.declaration.name} takes {len(self.types)} arguments, got {len(args)}"
            )
        filled = [*args, *self.defaults[len(self.defaults) - missing :]] if missing else args
        converted = []
        for name, kind, value in zip(self.names, self.types, filled, strict=True):
            try:
                converted.append(msgspec.convert(value, kind))
            except msgspec.ValidationError as err:
                raise MalformedRequestError(f"argument '{name}' of {self.declaration.name}: {err}") from None
        return converted


def method(
    name: str, where: Where, *, changes_state: bool = False, is_parked: bool = False
) -> Callable[[FuncT], FuncT]:
    """Declare a function of an object as the LUXI method *name*; its annotations are the types of the arguments."""

    def declare(function: FuncT) -> FuncT:
        setattr(function, _DECLARATION, Declaration(name, where, changes_state, is_parked))
        return function

    return declare


def declared_in(cls: type) -> dict[str, Callable[..., Any]]:
    """Return the functions of a class that are declared as methods, by their LUXI names."""
    functions = inspect.getmembers(cls, inspect.isfunction)
    return {getattr(f, _DECLARATION).name: f for _, f in functions if hasattr(f, _DECLARATION)}


class MethodTable:
    """Methods of several objects by name."""

    def __init__(self, providers: Iterable[object]) -> None:
        self._methods: dict[str, Method] = {}
        for provider in providers:
            for _, bound in inspect.getmembers(provider, inspect.ismethod):
                declaration = getattr(bound, _DECLARATION, None)
                if declaration is not None:
                    self._methods[declaration.name] = _bind(declaration, bound)

    @property
    def names(self) -> list[str]:
        """Names of all methods, sorted."""
        return sorted(self._methods)

    def find(self, name: str) -> Method:
        """Return a method.

        Raises MalformedRequestError if there is none of this name.
        """
        found = self._methods.get(name)
        if found is None:
            raise MalformedRequestError(f"unknown method {name!r}")
        return found


def _bind(declaration: Declaration, bound: Callable[..., Any]) -> Method:
    hints = get_type_hints(bound, include_extras=True)
    parameters = inspect.signature(bound).parameters
    defaults = tuple(p.default for p in parameters.values() if p.default is not inspect.Parameter.empty)
    return Method(declaration, bound, tuple(parameters), tuple(hints[name] for name in parameters), defaults)
