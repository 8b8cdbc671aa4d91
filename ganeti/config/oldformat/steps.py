"""The steps in their order, each isolated from the failure of the others."""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from ganeti import constants as c
from ganeti.config.oldformat import cluster, objects, versions
from ganeti.config.oldformat.cluster import Json, each, without
from ganeti.config.upgrade import random_uuid
from ganeti.errors import GenericError

Step = Callable[[Json], Json]

_XEN_CMD: Final = "xl"
_RBD_USER: Final = "user-id"


class Outcome(NamedTuple):
    """The new configuration, and which steps failed and why; a failed step changed nothing."""

    config: Json
    problems: list[str]


def upgrade_steps(new_uuid: Callable[[], str] = random_uuid) -> dict[str, Step]:
    """Return what leads to the present format, by description."""
    return {
        "version": cluster.set_version,
        "sections": cluster.add_sections,
        "cluster": cluster.extend_cluster,
        "hypervisor parameters": cluster.clean_hypervisors,
        "instance policies": cluster.update_policies,
        "networks of groups": cluster.add_group_networks,
        "network interfaces": lambda config: objects.update_nics(config, new_uuid),
        "disks of instances": lambda config: objects.update_embedded_disks(config, new_uuid),
        "source of the wanted state": objects.add_state_source,
        "section of disks": objects.move_disks,
        "UUIDs": lambda config: objects.use_uuids(config, new_uuid),
        "nodes of disks": objects.add_disk_nodes,
        "disk templates": objects.drop_templates,
    }


def rewrite_steps() -> dict[str, Step]:
    """Return what a configuration in the present format needs: what it lacks is filled in when it is read."""
    return {"version": cluster.set_version}


def downgrade_steps() -> dict[str, Step]:
    """Return what leads to the format before this one, by description."""
    return {"version": _set_former_version, "Xen command": _add_xen_cmd, "RBD user": _drop_rbd_user}


def _set_former_version(config: Json) -> Json:
    return {**config, "version": versions.DOWNGRADED}


def _add_xen_cmd(config: Json) -> Json:
    params_of: Json = config["cluster"]["hvparams"]
    added = {name: {**params_of.get(name, {}), "xen_cmd": _XEN_CMD} for name in (c.HT_XEN_PVM, c.HT_XEN_HVM)}
    return {**config, "cluster": {**config["cluster"], "hvparams": {**params_of, **added}}}


def _drop_rbd_user(config: Json) -> Json:
    def drop(item: Json) -> Json:
        params: Json = item.get("diskparams") or {}
        if _RBD_USER not in params.get(c.DT_RBD, {}):
            return item
        return {**item, "diskparams": {**params, c.DT_RBD: without(params[c.DT_RBD], _RBD_USER)}}

    return each({**config, "cluster": drop(config["cluster"])}, "nodegroups", drop)


def run(config: Json, steps: Mapping[str, Step]) -> Outcome:
    """Take all steps; one that fails is reported and skipped."""
    problems = []
    for name, step in steps.items():
        try:
            config = step(config)
        except GenericError as err:
            problems.append(f"{name}: {err}")
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as err:
            # The file is not what its version promises; which part, the kind of the error tells.
            problems.append(f"{name}: the configuration is damaged ({type(err).__name__}: {err})")
    return Outcome(config, problems)


def check_is_config(value: Any) -> Json:
    """Return the content of a file if it is a configuration at all. Raises GenericError."""
    if not isinstance(value, dict) or not isinstance(value.get("version"), int) or "cluster" not in value:
        raise GenericError("The file is not a configuration of a cluster")
    return value
