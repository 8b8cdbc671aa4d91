"""The cluster as it will be: all families of parameters, one on top of the other."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import msgspec

from ganeti import constants as c
from ganeti.cmdlib.cluster.params import communication, defaults, hypervisors, osparams, plain, policy, storage
from ganeti.cmdlib.cluster.params.outcome import Outcome
from ganeti.objects import Cluster, ConfigData
from ganeti.opcodes import OpClusterSetParams

Family = Callable[[ConfigData, OpClusterSetParams], Outcome]

#: In order: later families see what earlier ones changed.
_FAMILIES: Final[tuple[Family, ...]] = (
    storage.disk_templates,
    storage.storage_directories,
    hypervisors.enabled_hypervisors,
    hypervisors.os_parameters,
    osparams.os_parameters,
    defaults.beparams,
    defaults.ndparams,
    defaults.nicparams,
    defaults.diskparams,
    policy.ipolicy,
    plain.plain_values,
    plain.static_states,
    plain.uid_pool,
    plain.os_lists,
    plain.data_collectors,
    communication.communication_network,
)


@dataclass(frozen=True)
class Computed:
    """The new cluster, and what to tell the user."""

    cluster: Cluster
    notes: tuple[str, ...]
    warnings: tuple[str, ...]


def compute(config: ConfigData, op: OpClusterSetParams) -> Computed:
    """Return the cluster of *config* with everything that *op* asks for.

    Raises OpPrereqError; there is nothing between all and nothing.
    """
    storage.check_supported(op)
    notes, warnings = list[str](), list[str]()
    for family in _FAMILIES:
        outcome = family(config, op)
        notes += outcome.notes
        warnings += outcome.warnings
        if outcome.values:
            cluster = msgspec.structs.replace(config.cluster, **outcome.values)
            config = msgspec.structs.replace(config, cluster=cluster)
    return Computed(config.cluster, tuple(notes), tuple(warnings))


def wants_kvm_daemon(cluster: Cluster) -> bool:
    """Tell whether nodes need the daemon that notices guests of KVM shutting down."""
    return cluster.enabled_user_shutdown and c.HT_KVM in cluster.enabled_hypervisors
