"""What confd answers: every type of question as a function of one snapshot of the configuration.

Nothing secret leaves: every node of the cluster may ask, but only candidates may know the configuration as a whole.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, TypeAlias, TypeVar

import msgspec

from ganeti import constants as c
from ganeti.config.index import build_index
from ganeti.objects import ConfigData, DataCollector, Disk, Instance, Node, fill
from ganeti.types import REDACTED, Private
from ganeti.utils.json_pointer import PointerError, follow, split_pointer


class MalformedQuery(ValueError):
    """The query has none of the forms that the protocol knows."""


class Answer(NamedTuple):
    """Status of the reply, its content, the serial number of what it comes from."""

    status: int
    value: Any
    serial: int


class _Fields(msgspec.Struct, frozen=True):
    """The query as an object."""

    link: str | None = msgspec.field(name=c.CONFD_REQQ_LINK, default=None)
    ip: str | None = msgspec.field(name=c.CONFD_REQQ_IP, default=None)
    ips: tuple[str, ...] = msgspec.field(name=c.CONFD_REQQ_IPLIST, default=())
    fields: tuple[int | str, ...] = msgspec.field(name=c.CONFD_REQQ_FIELDS, default=())


_Query: TypeAlias = str | _Fields | None
_QUERY_DECODER: Final = msgspec.json.Decoder(_Query)
_KNOWN_FIELDS: Final = frozenset((c.CONFD_REQFIELD_NAME, c.CONFD_REQFIELD_IP, c.CONFD_REQFIELD_MNODE_PIP))
_XEN: Final = frozenset((c.HT_XEN_PVM, c.HT_XEN_HVM))
#: Where a DRBD disk's logical id has the secret of the pair.
_DRBD_SECRET: Final = 5

_UNKNOWN_ENTRY: Final = Answer(c.CONFD_REPL_STATUS_ERROR, c.CONFD_ERROR_UNKNOWN_ENTRY, 0)
_BAD_ARGUMENT: Final = Answer(c.CONFD_REPL_STATUS_ERROR, c.CONFD_ERROR_ARGUMENT, 0)


def failure(text: str) -> Answer:
    """Return the answer that tells why there is none."""
    return Answer(c.CONFD_REPL_STATUS_ERROR, text, 0)


def parse_query(text: bytes) -> _Query:
    """Return the query in JSON; raises MalformedQuery."""
    try:
        query: _Query = _QUERY_DECODER.decode(text)
    except ValueError as err:
        raise MalformedQuery(str(err)) from None
    if isinstance(query, _Fields):
        for field in query.fields:
            _field_number(field)
    return query


def _field_number(field: int | str) -> int:
    """Return the number of a field, which some clients send as text; raises MalformedQuery."""
    number = int(field) if isinstance(field, str) and field in ("0", "1", "2") else field
    if isinstance(number, str) or number not in _KNOWN_FIELDS:
        raise MalformedQuery(f"unknown field {field!r}")
    return number


def _conceal(value: object) -> Any:
    if isinstance(value, Private):
        return REDACTED
    raise TypeError(f"Cannot encode {type(value).__name__} as JSON")


def _public(item: object) -> Any:
    """Return an object in the form of the configuration file, without what is confidential."""
    return msgspec.to_builtins(_without_secret(item), enc_hook=_conceal)


def _without_secret(item: object) -> object:
    if isinstance(item, dict):
        return {key: _without_secret(value) for key, value in item.items()}
    if not isinstance(item, Disk) or item.dev_type != c.DT_DRBD8:
        return item
    public = (*item.logical_id[:_DRBD_SECRET], *(REDACTED for _ in item.logical_id[_DRBD_SECRET:]))
    return msgspec.structs.replace(item, logical_id=public)


ItemT = TypeVar("ItemT", Node, Instance)


class Answers:
    """Answers from one snapshot, with tables for what is looked up."""

    def __init__(self, config: ConfigData) -> None:
        """Make the tables."""
        self._config = config
        self._cluster = config.cluster
        self._index = build_index(config)
        self._default_link: str = fill.fill_nic(self._cluster, {})[c.NIC_LINK]
        #: IP addresses by link, with the instance that has it.
        self._links: dict[str, dict[str, Instance]] = {}
        for instance in config.instances.values():
            for nic in instance.nics:
                if nic.ip:
                    link: str = nic.nicparams.get(c.NIC_LINK) or self._default_link
                    self._links.setdefault(link, {})[nic.ip] = instance
        self._methods: Mapping[int, Callable[[_Query], Answer]] = {
            c.CONFD_REQ_PING: self._ping,
            c.CONFD_REQ_NODE_ROLE_BYNAME: self._node_role,
            c.CONFD_REQ_NODE_PIP_BY_INSTANCE_IP: self._node_ip_of_instance_ip,
            c.CONFD_REQ_CLUSTER_MASTER: self._master,
            c.CONFD_REQ_NODE_PIP_LIST: self._node_ips,
            c.CONFD_REQ_MC_PIP_LIST: self._candidate_ips,
            c.CONFD_REQ_INSTANCES_IPS_LIST: self._instance_ips,
            c.CONFD_REQ_NODE_DRBD: self._drbd_minors,
            c.CONFD_REQ_NODE_INSTANCES: self._node_instances,
            c.CONFD_REQ_INSTANCE_DISKS: self._instance_disks,
            c.CONFD_REQ_CONFIG_QUERY: self._config_value,
            c.CONFD_REQ_DATA_COLLECTORS: self._data_collectors,
        }

    def answer(self, kind: int, query: bytes) -> Answer:
        """Return the answer to a question, its query as JSON.

        Raises MalformedQuery for what is no question at all.
        """
        method = self._methods.get(kind)
        if method is None:
            raise MalformedQuery(f"unknown type {kind}")
        return method(parse_query(query))

    def _ok(self, value: Any) -> Answer:
        """Return an answer about the cluster as a whole."""
        return Answer(c.CONFD_REPL_STATUS_OK, value, self._cluster.serial_no)

    def _find(self, kind: str, objects: Mapping[str, ItemT], names: Mapping[str, str], query: _Query) -> ItemT | Answer:
        """Return the object that a query names, or the answer that it does not."""
        if not isinstance(query, str):
            return failure(f"The query must be the name of {kind}")
        found = objects.get(query) or objects.get(names.get(query, ""))
        return found if found is not None else failure(f"Unknown {kind.rpartition(' ')[2]} '{query}'")

    def _node(self, query: _Query) -> Node | Answer:
        return self._find("a node", self._config.nodes, self._index.nodes, query)

    @property
    def _master_node(self) -> Node:
        return self._config.nodes[self._cluster.master_node]

    def _ping(self, _query: _Query) -> Answer:
        return Answer(c.CONFD_REPL_STATUS_OK, self._config.version, 0)

    def _node_role(self, query: _Query) -> Answer:
        node = self._node(query)
        if isinstance(node, Answer):
            return node
        if node.uuid == self._cluster.master_node:
            return self._ok(c.CONFD_NODE_ROLE_MASTER)
        if node.drained:
            return self._ok(c.CONFD_NODE_ROLE_DRAINED)
        if node.offline:
            return self._ok(c.CONFD_NODE_ROLE_OFFLINE)
        return self._ok(c.CONFD_NODE_ROLE_CANDIDATE if node.master_candidate else c.CONFD_NODE_ROLE_REGULAR)

    def _node_ip_of_instance_ip(self, query: _Query) -> Answer:
        if not isinstance(query, _Fields):
            return _BAD_ARGUMENT
        owners = self._links.get(query.link if query.link is not None else self._default_link, {})
        if query.ip is not None:
            return self._primary_node_ip(owners.get(query.ip))
        return self._ok([self._primary_node_ip(owners.get(ip)) for ip in query.ips])

    def _primary_node_ip(self, instance: Instance | None) -> Answer:
        node = self._config.nodes.get(instance.primary_node) if instance is not None else None
        return self._ok(node.primary_ip) if node is not None else _UNKNOWN_ENTRY

    def _master(self, query: _Query) -> Answer:
        if isinstance(query, str):
            return _BAD_ARGUMENT
        if query is None:
            return self._ok(self._master_node.name)
        values = {
            c.CONFD_REQFIELD_NAME: self._master_node.name,
            c.CONFD_REQFIELD_IP: self._cluster.master_ip,
            c.CONFD_REQFIELD_MNODE_PIP: self._master_node.primary_ip,
        }
        return self._ok([values[_field_number(field)] for field in query.fields])

    def _node_ips(self, _query: _Query) -> Answer:
        return self._ok([node.primary_ip for node in self._config.nodes.values()])

    def _candidate_ips(self, _query: _Query) -> Answer:
        return self._ok([node.primary_ip for node in self._config.nodes.values() if node.master_candidate])

    def _instance_ips(self, query: _Query) -> Answer:
        if isinstance(query, _Fields):
            return _BAD_ARGUMENT
        return self._ok(list(self._links.get(self._default_link if query is None else query, ())))

    def _instances_of(self, node: Node, table: Mapping[str, frozenset[str]]) -> list[Instance]:
        instances = self._config.instances
        return sorted((instances[uuid] for uuid in table.get(node.uuid, ())), key=lambda instance: instance.name)

    def _drbd_minors(self, query: _Query) -> Answer:
        node = self._node(query)
        if isinstance(node, Answer):
            return node
        rows: list[list[Any]] = []
        for role, table in (
            ("primary", self._index.primary_instances),
            ("secondary", self._index.secondary_instances),
        ):
            for instance in self._instances_of(node, table):
                rows += [[*row[:4], role, row[4]] for row in self._minors_of(node, instance)]
        return Answer(c.CONFD_REPL_STATUS_OK, rows, node.serial_no)

    def _minors_of(self, node: Node, instance: Instance) -> list[tuple[str, int, str, str, str]]:
        """Return (node, minor, instance, disk, other node) of each DRBD disk of an instance that is on a node."""
        rows = []
        for number, uuid in enumerate(instance.disks):
            disk = self._config.disks.get(uuid)
            if disk is None or disk.dev_type != c.DT_DRBD8:
                continue
            first, second, _, first_minor, second_minor = disk.logical_id[:_DRBD_SECRET]
            ends = {first: (first_minor, second), second: (second_minor, first)}
            if node.uuid in ends and ends[node.uuid][0] is not None:
                minor, peer = ends[node.uuid]
                other = self._config.nodes.get(peer)
                rows.append((node.name, minor, instance.name, f"disk/{number}", other.name if other else peer))
        return rows

    def _node_instances(self, query: _Query) -> Answer:
        node = self._node(query)
        if isinstance(node, Answer):
            return node
        tables = (self._index.primary_instances, self._index.secondary_instances)
        value = [[_public(instance) for instance in self._instances_of(node, table)] for table in tables]
        return Answer(c.CONFD_REPL_STATUS_OK, value, node.serial_no)

    def _instance_disks(self, query: _Query) -> Answer:
        instance = self._find("an instance", self._config.instances, self._index.instances, query)
        if isinstance(instance, Answer):
            return instance
        disks = [_public(self._config.disks[uuid]) for uuid in instance.disks if uuid in self._config.disks]
        return Answer(c.CONFD_REPL_STATUS_OK, disks, instance.serial_no)

    def _config_value(self, query: _Query) -> Answer:
        if not isinstance(query, str):
            return failure("The query must be a JSON pointer")
        try:
            return self._ok(self._value_at(split_pointer(query)))
        except PointerError:
            return _BAD_ARGUMENT

    def _value_at(self, path: tuple[str, ...]) -> Any:
        """Return what a path leads to; only the object that it goes through is converted, not the whole configuration.

        Raises PointerError.
        """
        if not path:
            return _public({name: getattr(self._config, name) for name in ConfigData.__struct_fields__})
        section, rest = path[0], path[1:]
        if section not in ConfigData.__struct_fields__:
            raise PointerError(f"There is no section '{section}'")
        value = getattr(self._config, section)
        if isinstance(value, dict) and rest:
            value, rest = follow(value, rest[:1]), rest[1:]
        return follow(_public(value), rest)

    def _data_collectors(self, _query: _Query) -> Answer:
        has_xen = not _XEN.isdisjoint(self._cluster.enabled_hypervisors)
        value = {}
        for name in c.DATA_COLLECTOR_NAMES:
            collector = self._cluster.data_collectors.get(name, DataCollector())
            is_active = collector.active and (has_xen or name != c.DATA_COLLECTOR_INST_STATUS)
            value[name] = {"active": is_active, "interval": collector.interval}
        return self._ok(value)
