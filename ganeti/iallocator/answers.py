"""What allocators print: parsed, checked against the configuration, and turned into values."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from ganeti import opcodes, serializer
from ganeti.errors import GenericError, OpExecError, ResultValidationError
from ganeti.objects import ConfigData, Node
from ganeti.opcodes import OpCode
from ganeti.utils.text import safe_encode

#: What an allocator may ask to be done.
_JOB_OPCODES: Final = frozenset({"OP_INSTANCE_FAILOVER", "OP_INSTANCE_MIGRATE", "OP_INSTANCE_REPLACE_DISKS"})
#: As much of wrong output as a message shows.
_SHOWN: Final = 200


@dataclass(frozen=True)
class Answer:
    """An answer of the right form; ``result`` depends on the kind of request and is not checked yet."""

    success: bool
    info: str
    result: Any


@dataclass(frozen=True)
class MovedInstance:
    """An instance that can be moved, the name of the group it goes to, and the names of its nodes then."""

    name: str
    group: str
    nodes: tuple[str, ...]


@dataclass(frozen=True)
class Evacuation:
    """How instances can be moved: the jobs that do it, and (instance, reason) of those that cannot be."""

    moved: tuple[MovedInstance, ...]
    failed: tuple[tuple[str, str | None], ...]
    jobs: tuple[tuple[OpCode, ...], ...]


@dataclass(frozen=True)
class MultiAllocation:
    """The nodes of each new instance for which there is room, by its name, and the names of the others."""

    nodes: dict[str, tuple[Node, ...]]
    failed: tuple[str, ...]


def _shown(value: Any) -> str:
    text = safe_encode(value if isinstance(value, str) else serializer.dumps(value).decode())
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def parse_answer(text: str) -> Answer:
    """Return the answer that an allocator printed; raises OpExecError if it is not of the agreed form."""

    def failure(reason: str) -> OpExecError:
        return OpExecError(f"Can't parse iallocator results: {reason}; output was: {_shown(text)}")

    try:
        data = serializer.loads(text)
        # Halves of surrogate pairs can be written in JSON and nowhere else.
        serializer.dumps(data)
    except ValueError as err:
        raise failure(str(err)) from None
    if not isinstance(data, dict):
        raise failure("no JSON object")
    if "result" not in data and "nodes" in data:
        # Allocators for the first version of the interface.
        data["result"] = data["nodes"]
    missing = [key for key in ("success", "info", "result") if key not in data]
    if missing:
        raise failure(f"missing key {', '.join(missing)}")
    if not isinstance(data["success"], bool):
        raise failure("'success' is neither true nor false")
    info = data["info"]
    return Answer(data["success"], safe_encode(info) if isinstance(info, str) else _shown(info), data["result"])


def invalid_result(expected: str, got: Any) -> ResultValidationError:
    """Return the exception for a result of a wrong shape."""
    return ResultValidationError(f"iallocator returned invalid result, expected {expected}, got {_shown(got)}")


def _convert(raw: Any, kind: Any, expected: str) -> Any:
    try:
        return msgspec.convert(raw, kind)
    except msgspec.ValidationError:
        raise invalid_result(expected, raw) from None


def parse_nodes(config: ConfigData, raw: Any, required: int) -> tuple[Node, ...]:
    """Return the chosen nodes, all different; raises ResultValidationError."""
    names = _convert(raw, list[str], "a list of node names")
    if len(names) != required or len(set(names)) != required:
        raise ResultValidationError(f"iallocator returned invalid number of nodes ({len(names)}), required {required}")
    return tuple(_known_nodes(config, names))


def _known_nodes(config: ConfigData, names: Iterable[str]) -> list[Node]:
    by_name = {node.name: node for node in config.nodes.values()}
    unknown = sorted({name for name in names if name not in by_name})
    if unknown:
        raise ResultValidationError(f"iallocator named nodes that are not in the cluster: {_shown(', '.join(unknown))}")
    return [by_name[name] for name in names]


def check_same_groups(config: ConfigData, chosen: Iterable[Node], original: Iterable[Node], primary: Node) -> None:
    """Check that an instance stays in its node groups; raises ResultValidationError."""

    def names(nodes: Iterable[Node]) -> set[str]:
        return {config.nodegroups[node.group].name for node in (*nodes, primary)}

    new, old = names(chosen), names(original)
    if not new <= old:
        raise ResultValidationError(
            f"Groups of nodes returned by iallocator ({', '.join(sorted(new))}) differ from original groups"
            f" ({', '.join(sorted(old))})"
        )


def parse_secondary(config: ConfigData, raw: Any) -> Node:
    """Return the chosen secondary node; raises ResultValidationError."""
    name = _convert(raw, str, "a node name")
    return _known_nodes(config, [name])[0]


_EVACUATION: Final = tuple[list[tuple[str, str, list[str]]], list[tuple[str, str | None]], list[list[dict[str, Any]]]]


def parse_evacuation(config: ConfigData, raw: Any, instances: Collection[str]) -> Evacuation:
    """Return how the *instances* (names) can be moved.

    Raises ResultValidationError, also for jobs about other instances than these and unknown nodes.
    """
    moved, failed, jobs = _convert(
        raw, _EVACUATION, "[[instance, group, [nodes]]...], [[instance, reason]...], [[opcode...]...]"
    )
    _known_nodes(config, [name for _, _, nodes in moved for name in nodes])
    found = Evacuation(
        moved=tuple(MovedInstance(name, group, tuple(nodes)) for name, group, nodes in moved),
        failed=tuple(failed),
        jobs=tuple(tuple(_parse_opcode(config, item) for item in job) for job in jobs),
    )
    named = [move.name for move in found.moved] + [name for name, _ in found.failed]
    named += [op.instance_name for job in found.jobs for op in job]  # type: ignore[attr-defined]  # all have one
    others = sorted(set(named) - set(instances))
    if others:
        raise ResultValidationError(f"iallocator answered about instances not asked for: {_shown(', '.join(others))}")
    return found


def _parse_opcode(config: ConfigData, item: dict[str, Any]) -> OpCode:
    if item.get("OP_ID") not in _JOB_OPCODES:
        raise invalid_result(f"an opcode with OP_ID of {', '.join(sorted(_JOB_OPCODES))}", item)
    try:
        op = opcodes.decode(item)
    except GenericError as err:
        raise ResultValidationError(f"iallocator returned an invalid opcode: {err.args[0]}") from None
    nodes = (getattr(op, field, None) for field in ("target_node", "remote_node"))
    _known_nodes(config, [name for name in nodes if name is not None])
    return op


_MULTI: Final = tuple[list[tuple[str, list[str]]], list[str | tuple[str, str | None]]]


def parse_multi_allocation(config: ConfigData, raw: Any, required: dict[str, int]) -> MultiAllocation:
    """Return where the new instances go; *required* says how many nodes each of them (by name) needs.

    Raises ResultValidationError.
    """
    allocated, refused = _convert(raw, _MULTI, "[[instance, [nodes]]...], [instance or [instance, reason]...]")
    failed = [item if isinstance(item, str) else item[0] for item in refused]
    named = [name for name, _ in allocated] + failed
    if sorted(named) != sorted(required):
        missing, others = sorted(set(required) - set(named)), sorted(set(named) - set(required))
        problem = f"missing: {', '.join(missing)}; not asked for: {', '.join(others)}" if missing or others else "twice"
        raise invalid_result(f"every requested instance once ({problem})", raw)
    return MultiAllocation(
        {name: parse_nodes(config, nodes, required[name]) for name, nodes in allocated}, tuple(failed)
    )
