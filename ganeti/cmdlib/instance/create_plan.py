"""What a new instance will be, computed from the opcode and the configuration before anything is done."""

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from ganeti import constants as c
from ganeti.cmdlib.instance import nics as nic_rules
from ganeti.cmdlib.instance.disks import DiskSpec, normalise_disk, storage_directory
from ganeti.cmdlib.instance.hooks_env import HookInstance, Variables
from ganeti.cmdlib.instance.ipolicy import InstanceSize
from ganeti.cmdlib.instance.params import (
    OsParams,
    check_beparams,
    check_hvparams,
    check_not_global,
    drop_defaults,
    expand_memory,
    fill_os_params,
    without_auto,
)
from ganeti.errors import OpPrereqError
from ganeti.objects import Cluster, ConfigData, Nic, Params
from ganeti.objects.fill import fill_be, fill_os, hvparams_of
from ganeti.opcodes.instance import OpInstanceCreate
from ganeti.types import Private


@dataclass(frozen=True)
class InstancePlan:
    """A new instance; parameters come as given and (``*_filled``) as in force."""

    name: str
    template: str
    hypervisor: str
    os: str
    hvparams: Params
    hv_filled: Params
    beparams: Params
    be_filled: Params
    osparams: Params
    osparams_private: dict[str, Private[object]]
    os_filled: OsParams
    nics: tuple[Nic, ...]
    disks: tuple[DiskSpec, ...]
    directory: str | None
    tags: tuple[str, ...]
    primary: str
    secondary: str | None

    def size(self) -> InstanceSize:
        """Return what instance policies look at."""
        return InstanceSize(
            memory=int(self.be_filled[c.BE_MAXMEM]),
            vcpus=int(self.be_filled[c.BE_VCPUS]),
            nic_count=len(self.nics),
            spindle_use=int(self.be_filled[c.BE_SPINDLE_USE]),
            disk_sizes=tuple(disk.size for disk in self.disks),
            disk_types=(self.template,),
        )

    def nodes(self) -> list[str]:
        """Return the UUIDs of the nodes, primary first."""
        return [self.primary, self.secondary] if self.secondary else [self.primary]

    def for_hooks(self, *, start: bool) -> HookInstance:
        """Return what hooks see of the instance that is about to be created."""
        return HookInstance(
            name=self.name,
            primary=self.primary,
            secondaries=tuple(self.nodes()[1:]),
            os=self.os,
            status=start,
            disk_template=self.template,
            hypervisor=self.hypervisor,
            be=self.be_filled,
            hv=self.hv_filled,
            nics=self.nics,
            disks=[_spec_variables(disk) for disk in self.disks],
            tags=self.tags,
        )


def _spec_variables(disk: DiskSpec) -> Variables:
    env: Variables = {"NAME": disk.name} if disk.name else {}
    return {**env, "SIZE": disk.size, "MODE": disk.mode}


def choose_hypervisor(cluster: Cluster, wanted: str | None) -> str:
    """Return the hypervisor of a new instance; raises OpPrereqError (wrong_state) if it is not enabled."""
    name = cluster.primary_hypervisor if wanted in (None, c.VALUE_AUTO) else wanted
    if name is None or name not in cluster.enabled_hypervisors:
        enabled = ",".join(cluster.enabled_hypervisors)
        raise OpPrereqError(
            f"Selected hypervisor ({name}) not enabled in the cluster (enabled hypervisors: {enabled})", c.ECODE_STATE
        )
    return name


@dataclass(frozen=True)
class Sources:
    """Where a plan gets what must be unique: reserved for the job that makes it."""

    reserve_mac: Callable[[str], None]
    new_uuid: Callable[[], str]


def make_plan(
    config: ConfigData, op: OpInstanceCreate, sources: Sources, *, primary: str, secondary: str | None, ip: str | None
) -> InstancePlan:
    """Return the new instance that a checked opcode describes; MACs and IPs may still be symbolic.

    *ip* is what the name check found. Raises OpPrereqError.
    """
    cluster = config.cluster
    template = op.disk_template or c.DT_DISKLESS
    directory = storage_directory(cluster, template, op.instance_name, op.file_storage_dir)
    if template in c.DTS_LVM and not cluster.volume_group_name:
        raise OpPrereqError("Cluster does not support lvm-based instances", c.ECODE_STATE)
    hypervisor = choose_hypervisor(cluster, op.hypervisor)
    os = op.os_type or ""
    check_not_global(op.hvparams)
    hvparams, hv_filled = check_hvparams(cluster, hypervisor, os, op.hvparams)
    beparams, be_filled = check_beparams(cluster, expand_memory(without_auto(op.beparams)))
    osparams, private = dict(op.osparams), dict(op.osparams_private or {})
    os_filled = fill_os_params(cluster, os, osparams, private, op.osparams_secret or {})
    if op.identify_defaults:
        hvparams = drop_defaults(hvparams, hvparams_of(cluster, hypervisor, os, {}, skip_globals=False))
        beparams = drop_defaults(beparams, fill_be(cluster, {}))
        osparams = drop_defaults(osparams, fill_os(cluster, os, {}))
    return InstancePlan(
        name=op.instance_name,
        template=template,
        hypervisor=hypervisor,
        os=os,
        hvparams=hvparams,
        hv_filled=hv_filled,
        beparams=beparams,
        be_filled=be_filled,
        osparams=osparams,
        osparams_private=private,
        os_filled=os_filled,
        nics=_plan_nics(config, op, sources, ip),
        disks=tuple(normalise_disk(spec, template, cluster.volume_group_name) for spec in op.disks),
        directory=directory,
        tags=tuple(sorted(set(op.tags))),
        primary=primary,
        secondary=secondary,
    )


def _plan_nics(config: ConfigData, op: OpInstanceCreate, sources: Sources, ip: str | None) -> tuple[Nic, ...]:
    nics = [
        nic_rules.build_nic(
            config,
            {str(key): value for key, value in spec.items()},
            resolved_ip=ip,
            reserve_mac=sources.reserve_mac,
            new_uuid=sources.new_uuid,
        )
        for spec in op.nics
    ]
    return tuple(_without_default_params(config.cluster, nic) if op.identify_defaults else nic for nic in nics)


def _without_default_params(cluster: Cluster, nic: Nic) -> Nic:
    own = drop_defaults(nic.nicparams, cluster.nicparams[c.PP_DEFAULT])
    return msgspec.structs.replace(nic, nicparams=own)
