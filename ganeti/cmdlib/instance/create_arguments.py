"""Arguments of instance creation: everything that is wrong whatever the state of the cluster's nodes is."""

from typing import Any, NamedTuple

from ganeti import constants as c
from ganeti.cmdlib.allocation import allocator_or_node
from ganeti.cmdlib.instance.base import replace_op
from ganeti.cmdlib.instance.disks import check_adoption, check_disk_keys, check_file_driver, check_template_enabled
from ganeti.cmdlib.instance.naming import ResolvedName, check_resolvable, normalise_name
from ganeti.cmdlib.instance.nics import normalise_specs
from ganeti.cmdlib.instance.params import OS_IMAGE_PARAM
from ganeti.errors import OpPrereqError
from ganeti.mcpu.lulog import LuLog
from ganeti.objects import Cluster
from ganeti.objects.cluster_values import check_image
from ganeti.objects.fill import os_base_name
from ganeti.opcodes.instance import OpInstanceCreate


class CheckedArguments(NamedTuple):
    """The opcode with everything in its normal form, and the address that the name check found."""

    op: OpInstanceCreate
    resolved_ip: str | None


def _invalid(text: str) -> OpPrereqError:
    return OpPrereqError(text, c.ECODE_INVAL)


def check_create_arguments(op: OpInstanceCreate, cluster: Cluster, log: LuLog) -> CheckedArguments:
    """Check the parameters of a creation; raises OpPrereqError."""
    if op.forthcoming and op.commit:
        raise _invalid("Forthcoming generation and committing are mutually exclusive")
    if op.mode != c.INSTANCE_CREATE or op.forthcoming or op.commit:
        raise _invalid(f"This version creates instances only anew, not by {op.mode} and not forthcoming ones")
    if op.no_install and op.start:
        log.info("No-installation mode selected, disabling startup")
        op = replace_op(op, start=False)
    resolved = _checked_name(op, log)
    op = replace_op(op, instance_name=resolved.name)
    op = replace_op(op, nics=normalise_specs(_with_communication_nic(op, cluster)))
    op = _checked_disks(op, cluster)
    op = _checked_nodes(op, cluster, log)
    _check_source(op, cluster)
    return CheckedArguments(op, resolved.ip)


def _checked_name(op: OpInstanceCreate, log: LuLog) -> ResolvedName:
    name = normalise_name(op.instance_name)
    if op.ip_check and not op.name_check:
        raise _invalid("Cannot do IP address check without a name check")
    return check_resolvable(log, name) if op.name_check else ResolvedName(name, None)


def _with_communication_nic(op: OpInstanceCreate, cluster: Cluster) -> list[Any]:
    """Return the NIC specifications, with the one for talking to the node's metadata daemon if that is wanted."""
    name = f"{c.INSTANCE_COMMUNICATION_NIC_PREFIX}{op.instance_name}"
    if not op.instance_communication or any(nic.get(c.INIC_NAME) == name for nic in op.nics):
        return list(op.nics)
    if not cluster.instance_communication_network:
        raise _invalid("Instance communication needs the cluster's instance communication network")
    nic = {
        c.INIC_NAME: name,
        c.INIC_MAC: c.VALUE_GENERATE,
        c.INIC_IP: c.NIC_IP_POOL,
        c.INIC_NETWORK: cluster.instance_communication_network,
    }
    return [*op.nics, nic]


def _checked_disks(op: OpInstanceCreate, cluster: Cluster) -> OpInstanceCreate:
    if op.disk_template is None:
        op = replace_op(op, disk_template=cluster.enabled_disk_templates[0])
    template = op.disk_template or c.DT_DISKLESS
    check_template_enabled(cluster, template)
    disks = check_disk_keys(op.disks, template)
    if template == c.DT_DISKLESS and disks:
        raise _invalid("An instance without disks cannot be given disks")
    check_adoption(disks, template, has_iallocator=op.iallocator is not None or op.pnode is None, mode=op.mode)
    return replace_op(op, disks=disks, file_driver=check_file_driver(template, op.file_driver))


def _checked_nodes(op: OpInstanceCreate, cluster: Cluster, log: LuLog) -> OpInstanceCreate:
    """Check that either nodes or an allocator are given."""
    allocator = allocator_or_node(cluster, op.iallocator, op.pnode, "name a primary node")
    if allocator is not None:
        op = replace_op(op, iallocator=allocator)
    elif op.disk_template in c.DTS_INT_MIRROR:
        if op.snode is None:
            raise _invalid("The networked disk templates need a mirror node")
    elif op.snode is not None:
        log.warning("Secondary node will be ignored on non-mirrored disk template")
        op = replace_op(op, snode=None)
    if op.opportunistic_locking and op.iallocator is None:
        raise _invalid("Opportunistic locking is only available in combination with an instance allocator")
    return op


def _check_source(op: OpInstanceCreate, cluster: Cluster) -> None:
    """Check what the new instance shall be installed from."""
    image = op.osparams.get(OS_IMAGE_PARAM)
    check_image(image)
    if op.os_type is None:
        if image is None and not op.no_install:
            raise _invalid("No guest OS or OS image specified")
    elif {op.os_type, os_base_name(op.os_type)} & set(cluster.blacklisted_os):
        raise OpPrereqError(f"Guest OS '{op.os_type}' is not allowed for installation", c.ECODE_STATE)
