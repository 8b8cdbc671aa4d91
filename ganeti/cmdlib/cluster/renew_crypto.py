"""The part of renewing certificates and SSH keys that needs the master daemon."""

import msgspec

from ganeti import constants as c
from ganeti import errors, opcodes
from ganeti.cmdlib.base import ALL_SET, Feedback, LogicalUnit, lu_for
from ganeti.cmdlib.node.candidates import certificate_digest
from ganeti.cmdlib.node.ssh_keys import repair_hint
from ganeti.objects import ConfigData, Node
from ganeti.rpc import procedures
from ganeti.utils.sshkeys import checked_key_size

_ATTEMPTS = 3


@lu_for(opcodes.OpClusterRenewCrypto)
class LUClusterRenewCrypto(LogicalUnit[opcodes.OpClusterRenewCrypto]):
    """Note the new certificates of the master candidates; make new SSH keys on all nodes."""

    REQ_BGL = False

    def expand_names(self) -> None:
        """Lock all nodes."""
        self.needed_locks = {c.LEVEL_NODE: ALL_SET}

    def check_prereq(self) -> None:
        """Check kind and size of the SSH keys; a kind that is not given is that of the cluster."""
        cluster = self.snapshot().cluster
        self._key_type = self.op.ssh_key_type or cluster.ssh_key_type
        is_same = self._key_type == cluster.ssh_key_type
        bits = self.op.ssh_key_bits or (cluster.ssh_key_bits if is_same else None)
        self._key_bits = checked_key_size(self._key_type, bits)

    def exec(self, feedback: Feedback) -> None:
        """Ask the candidates for their certificates, then let the master renew the keys."""
        if self.op.node_certificates:
            self._renew_certificates(feedback)
        if self.op.renew_ssh_keys:
            self._renew_ssh_keys(feedback)

    def _renew_ssh_keys(self, feedback: Feedback) -> None:
        config = self.snapshot()
        if not config.cluster.modify_ssh_setup:
            feedback("SSH keys are not managed by this cluster and stay as they are")
            return
        nodes = list(config.nodes.values())
        failed = self.rpc.call_one(
            config.cluster.master_node,
            procedures.node_ssh_keys_renew,
            [node.uuid for node in nodes],
            [node.name for node in nodes],
            [node.uuid for node in nodes if node.master_candidate],
            [node.name for node in nodes],
            config.cluster.ssh_key_type,
            self._key_type,
            self._key_bits,
        ).raise_("Could not renew the SSH keys")
        for name, problem in failed:
            self.log_warning(f"The SSH keys of node {name} could not be renewed: {problem}", repair_hint(name))
        _note_offline(config, "SSH keys", feedback)
        kind, bits = self._key_type, self._key_bits
        self.cfg.modify_cluster(lambda now: msgspec.structs.replace(now, ssh_key_type=kind, ssh_key_bits=bits))

    def _renew_certificates(self, feedback: Feedback) -> None:
        """Replace the list of certificates that may call nodes.

        Raises OpExecError, with the old list in force, if the master's own one cannot be had: without it nobody could
        call nodes any more.
        """
        config = self.snapshot()
        candidates = [node for node in config.nodes.values() if node.master_candidate and not node.offline]
        certs: dict[str, str] = {}
        failed: list[str] = []
        for node in candidates:
            digest = self._digest(node)
            if digest is not None:
                certs[node.uuid] = digest
            elif node.uuid == config.cluster.master_node:
                raise errors.OpExecError("The certificate of the master itself cannot be read, nothing was changed")
            else:
                failed.append(node.name)
        self.cfg.modify_cluster(lambda cluster: msgspec.structs.replace(cluster, candidate_certs=certs))
        if failed:
            feedback(
                "These nodes did not tell their new certificate; they cannot become the master until 'gnt-cluster"
                f" renew-crypto --new-node-certificates' has worked for them: {', '.join(sorted(failed))}"
            )
        _note_offline(config, "certificates", feedback)

    def _digest(self, node: Node) -> str | None:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return certificate_digest(self, node)
            except errors.OpExecError as err:
                self.log_warning(f"{err} (attempt {attempt} of {_ATTEMPTS})")
        return None


def _note_offline(config: ConfigData, what: str, feedback: Feedback) -> None:
    """Name the nodes that could not get anything new."""
    offline = sorted(node.name for node in config.nodes.values() if node.offline)
    if offline:
        feedback(f"Offline nodes have their old {what} and must be added again: {', '.join(offline)}")
