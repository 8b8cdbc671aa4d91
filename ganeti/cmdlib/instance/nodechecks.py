"""Prerequisites about single nodes that need no call to them."""

from ganeti import constants as c
from ganeti.errors import OpPrereqError
from ganeti.objects import ConfigData, Node


def check_online(config: ConfigData, uuid: str, message: str = "Can't use offline node") -> None:
    """Check that a node is not marked offline; raises OpPrereqError (wrong_state)."""
    _refuse_if(config.nodes[uuid].offline, f"{message} {config.nodes[uuid].name}")


def check_not_drained(config: ConfigData, uuid: str) -> None:
    """Check that a node may get instances; raises OpPrereqError (wrong_state)."""
    _refuse_if(config.nodes[uuid].drained, f"Can't use drained node {config.nodes[uuid].name}")


def check_vm_capable(config: ConfigData, uuid: str) -> None:
    """Check that a node can run instances; raises OpPrereqError (wrong_state)."""
    node = config.nodes[uuid]
    _refuse_if(not node.vm_capable, f"Can't use non-vm_capable node {node.name}")


def check_usable_target(config: ConfigData, uuid: str) -> None:
    """Check that a node may get a new instance or disk; raises OpPrereqError (wrong_state)."""
    check_online(config, uuid)
    check_not_drained(config, uuid)
    check_vm_capable(config, uuid)


def _refuse_if(condition: bool, text: str) -> None:
    if condition:
        raise OpPrereqError(text, c.ECODE_STATE)


def node_name(config: ConfigData, uuid: str) -> str:
    """Return the name of a node for messages; its UUID if it is gone."""
    node = config.nodes.get(uuid)
    return node.name if node else uuid


def node_names(config: ConfigData, uuids: "list[str] | tuple[str, ...]") -> str:
    """Return the names of nodes for messages, separated by commas."""
    return ", ".join(node_name(config, uuid) for uuid in uuids)


def vm_capable_online(config: ConfigData, uuids: "list[str] | tuple[str, ...]") -> list[str]:
    """Return those of the nodes that can be asked about hypervisors and OS definitions."""
    nodes: list[Node] = [config.nodes[uuid] for uuid in uuids]
    return [node.uuid for node in nodes if node.vm_capable and not node.offline]
