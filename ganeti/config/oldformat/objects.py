"""Steps about nodes, instances and disks: identities, references by UUID instead of by name, disks of their own."""

import logging
from collections.abc import Callable, Mapping
from typing import Final

from ganeti import constants as c
from ganeti.config.oldformat.cluster import Json, each, without
from ganeti.errors import ConfigurationError

_LOG = logging.getLogger(__name__)

NewUuid = Callable[[], str]

_OLD_DISK_TYPES: Final = {"lvm": c.DT_PLAIN, "drbd8": c.DT_DRBD8}
#: Types whose disks are data of the primary node alone.
_LOCAL_TYPES: Final = (c.DT_PLAIN, c.DT_FILE)


def _identified(item: Json, new_uuid: NewUuid) -> Json:
    return item if item.get("uuid") else {**item, "uuid": new_uuid()}


def update_nics(config: Json, new_uuid: NewUuid) -> Json:
    """Give NICs an identity; their network becomes a UUID, an old bridge the link."""
    by_name = {network["name"]: uuid for uuid, network in config["networks"].items()}

    def update_nic(nic: Json) -> Json:
        nic = _identified(nic, new_uuid)
        network = nic.get("network")
        if network is not None and network in by_name:
            nic = {**nic, "network": by_name[network]}
        elif network is not None and network not in config["networks"]:
            raise ConfigurationError(f"NIC {nic['uuid']} is in the network {network}, which does not exist")
        if "bridge" not in nic:
            return nic
        params = {c.NIC_MODE: c.NIC_MODE_BRIDGED, c.NIC_LINK: nic["bridge"]} if nic["bridge"] else {}
        return {**without(nic, "bridge"), "nicparams": {**params, **(nic.get("nicparams") or {})}}

    def update(instance: Json) -> Json:
        return {**instance, "nics": [update_nic(nic) for nic in instance.get("nics") or []]}

    return each(config, "instances", update)


# disks inside of instances


def _disk(disk: Json, new_uuid: NewUuid) -> Json:
    """Return a disk, and its children, in the present form."""
    disk = _identified(without(disk, "physical_id"), new_uuid)
    kind = disk.get("dev_type")
    disk = {**disk, "dev_type": _OLD_DISK_TYPES.get(str(kind), kind)}
    if disk.get("children"):
        disk["children"] = [_disk(child, new_uuid) for child in disk["children"]]
    return disk


def _has_exclusive_storage(config: Json) -> bool:
    levels = [config["cluster"], *config["nodegroups"].values(), *config["nodes"].values()]
    return any((item.get("ndparams") or {}).get(c.ND_EXCLUSIVE_STORAGE) for item in levels)


def update_embedded_disks(config: Json, new_uuid: NewUuid) -> Json:
    """Correct names and types of disks, give them an identity."""
    needs_spindles = _has_exclusive_storage(config)

    def update(instance: Json) -> Json:
        disks: list[Json | str] = []
        for index, disk in enumerate(instance.get("disks") or []):
            if isinstance(disk, str):
                disks.append(disk)
                continue
            disks.append({**_disk(disk, new_uuid), "iv_name": f"disk/{index}"})
            if needs_spindles and disk.get("spindles") is None:
                _LOG.warning(
                    "Instance %s, disk %d: the number of spindles is not known, although exclusive storage is used;"
                    " 'gnt-cluster repair-disk-sizes' finds it out",
                    instance.get("name"),
                    index,
                )
        return {**instance, "disks": disks}

    return each(config, "instances", update)


def add_state_source(config: Json) -> Json:
    """Note that what is known about the wanted state comes from the administrator."""
    return each(config, "instances", lambda instance: {"admin_state_source": c.ADMIN_SOURCE, **instance})


def move_disks(config: Json) -> Json:
    """Move disks out of instances into a section of their own."""
    moved: Json = dict(config.get("disks") or {})

    def move(instance: Json) -> Json:
        times = {key: instance[key] for key in ("ctime", "mtime") if key in instance}
        uuids = []
        for disk in instance.get("disks") or []:
            if isinstance(disk, str):
                uuids.append(disk)
            else:
                moved[disk["uuid"]] = {"serial_no": 1, **times, **disk}
                uuids.append(disk["uuid"])
        return {**instance, "disks": uuids}

    return {**each(config, "instances", move), "disks": moved}


# identities and references


def _rekeyed(section: Mapping[str, Json], new_uuid: NewUuid) -> dict[str, Json]:
    items = [_identified(item, new_uuid) for item in section.values()]
    result = {item["uuid"]: item for item in items}
    if len(result) != len(items):
        raise ConfigurationError("Two objects have the same UUID")
    return result


class _Nodes:
    """Finds the UUID of a node by whatever names it."""

    def __init__(self, nodes: Mapping[str, Json]) -> None:
        self._nodes = nodes
        self._by_name = {node["name"]: uuid for uuid, node in nodes.items()}

    def uuid(self, name: str, user: str) -> str:
        """Return the UUID. Raises ConfigurationError if there is no such node."""
        uuid = name if name in self._nodes else self._by_name.get(name)
        if uuid is None:
            raise ConfigurationError(f"{user} refers to node {name}, which does not exist")
        return uuid


def use_uuids(config: Json, new_uuid: NewUuid) -> Json:
    """Key nodes and instances by UUID, and refer to nodes by it."""
    node_section = _rekeyed(config["nodes"], new_uuid)
    nodes = _Nodes(node_section)
    cluster: Json = _identified(config["cluster"], new_uuid)

    def instance(item: Json) -> Json:
        return {**item, "primary_node": nodes.uuid(item["primary_node"], f"Instance {item.get('name')}")}

    def disk(item: Json) -> Json:
        if item.get("dev_type") != c.DT_DRBD8:
            return item
        first, second, *rest = item["logical_id"]
        pair = [nodes.uuid(name, f"Disk {item['uuid']}") for name in (first, second)]
        return {**item, "logical_id": [*pair, *rest]}

    instances = {uuid: instance(item) for uuid, item in _rekeyed(config["instances"], new_uuid).items()}
    return {
        **config,
        "nodes": node_section,
        "instances": instances,
        "disks": {uuid: disk(item) for uuid, item in config["disks"].items()},
        "cluster": {**cluster, "master_node": nodes.uuid(cluster["master_node"], "The cluster")},
    }


def add_disk_nodes(config: Json) -> Json:
    """Note on which nodes the data of disks are."""
    primary_of = {uuid: item["primary_node"] for item in config["instances"].values() for uuid in item["disks"]}

    def nodes_of(disk: Json, primary: str | None) -> list[str]:
        if disk["dev_type"] == c.DT_DRBD8:
            return list(disk["logical_id"][:2])
        return [primary] if primary is not None and disk["dev_type"] in _LOCAL_TYPES else []

    def add(disk: Json) -> Json:
        return disk if "nodes" in disk else {**disk, "nodes": nodes_of(disk, primary_of.get(disk["uuid"]))}

    return each(config, "disks", add)


def drop_templates(config: Json) -> Json:
    """Drop the disk template of instances, which follows from their disks."""
    return each(config, "instances", lambda instance: without(instance, "disk_template"))
