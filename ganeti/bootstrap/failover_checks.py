"""Whether this node may take over the role of the master: decisions on what ssconf and the other nodes say."""

from collections.abc import Collection, Mapping, Set
from dataclasses import dataclass, replace

from ganeti import constants as c
from ganeti.errors import OpExecError, OpPrereqError
from ganeti.mastership import voting
from ganeti.ssconf import SsconfReader
from ganeti.utils import net


@dataclass(frozen=True)
class Surroundings:
    """What this node knows without its configuration.

    Attributes:
      own_name, master: this node, and the one that it takes for the master.
      candidates: names of the master candidates.
      addresses: primary address of each node by name.
      online: names of the nodes that are not marked offline.
    """

    own_name: str
    master: str
    candidates: tuple[str, ...]
    addresses: Mapping[str, str]
    online: frozenset[str]

    def voters(self, *, ignores_offline: bool) -> list[str]:
        """Return the nodes whose votes count, sorted."""
        return sorted(name for name in self.addresses if name in self.online or not ignores_offline)

    @property
    def reachable_candidates(self) -> list[str]:
        """The master candidates besides this node that are not marked offline."""
        return [name for name in self.candidates if name != self.own_name and name in self.online]


def surroundings_of(reader: SsconfReader) -> Surroundings:
    """Return what the ssconf files of this node say. Raises ConfigurationError."""
    return Surroundings(
        own_name=net.own_hostname(),
        master=reader.master_node(),
        candidates=tuple(reader.lines(c.SS_MASTER_CANDIDATES)),
        addresses=reader.node_primary_ips(),
        online=frozenset(reader.online_nodes()),
    )


def resumed(known: Surroundings, old_master: str | None) -> Surroundings:
    """Return what this node knew before an interrupted attempt to take over from *old_master*, if there is one.

    It counts itself for the master since, which others need not do.
    """
    if old_master is None or known.own_name != known.master or old_master not in known.addresses:
        return known
    return replace(known, master=old_master)


def counted(known: Surroundings, answers: Mapping[str, str | None]) -> dict[str, str | None]:
    """Return the answers as they were before this node told anybody that it is the master."""
    return {name: known.master if answer == known.own_name else answer for name, answer in answers.items()}


def check_role(known: Surroundings) -> None:
    """Check that this node may become the master. Raises OpPrereqError."""
    if known.own_name == known.master:
        raise OpPrereqError(
            "This node is the master already. If its daemons do not run, start them with 'daemon-util start-master'",
            c.ECODE_INVAL,
        )
    if known.own_name not in known.candidates:
        names = "\n".join(known.candidates)
        raise OpPrereqError(
            "This node is not a master candidate, so it has no configuration. Run the command on one of these:\n"
            f"{names}",
            c.ECODE_STATE,
        )


def check_majority(answers: Mapping[str, str | None]) -> None:
    """Check that more than half of the nodes said who the master is.

    Raises OpExecError that names the others.
    """
    silent = voting.silent_majority(answers)
    if silent:
        raise OpExecError(
            f"{len(silent)} of {len(answers)} nodes do not answer: {', '.join(silent)}. Another node may be the master"
            " there. Repair them, or use --no-voting if they are certainly down"
        )


def check_elected(known: Surroundings, answers: Mapping[str, str | None]) -> None:
    """Check that this node takes the same node for the master as most others do.

    Raises OpPrereqError.
    """
    master = voting.elected(answers.values())
    if master == known.master:
        return
    found = f"most nodes take {master} for it" if master else "the nodes do not agree who it is"
    raise OpPrereqError(
        f"This node takes {known.master} for the master, but {found}: the configuration of this node is not to be"
        " trusted",
        c.ECODE_STATE,
    )


def is_majority(told: Set[str], voters: Collection[str], own_name: str) -> bool:
    """Tell whether the nodes that were told to name this one are enough for its vote, and it is one of them."""
    return own_name in told and 2 * len(told & set(voters)) > len(voters)


def check_newest(own_serial: int, serials: Mapping[str, int | None]) -> None:
    """Check that no other candidate has a newer configuration.

    Raises OpPrereqError.
    """
    newer = voting.newer_copies(own_serial, serials)
    if newer:
        raise OpPrereqError(
            f"The copy of the configuration on this node is not the newest one: {', '.join(newer)} has a newer one."
            " Run the command there",
            c.ECODE_STATE,
        )
