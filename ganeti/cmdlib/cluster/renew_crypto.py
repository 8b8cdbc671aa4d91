"""The part of renewing certificates and SSH keys that needs the master daemon."""

import msgspec

from ganeti import constants as c
from ganeti import errors, opcodes
from ganeti.cmdlib.base import ALL_SET, Feedback, LogicalUnit, lu_for
from ganeti.cmdlib.node.candidates import certificate_digest
from ganeti.objects import Node

_ATTEMPTS = 3


@lu_for(opcodes.OpClusterRenewCrypto)
class LUClusterRenewCrypto(LogicalUnit[opcodes.OpClusterRenewCrypto]):
    """Note the new certificates of the master candidates."""

    REQ_BGL = False

    def expand_names(self) -> None:
        """Lock all nodes."""
        self.needed_locks = {c.LEVEL_NODE: ALL_SET}

    def exec(self, feedback: Feedback) -> None:
        """Ask the candidates for their certificates."""
        if self.op.node_certificates:
            self._renew_certificates(feedback)

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
        offline = sorted(node.name for node in config.nodes.values() if node.offline)
        if offline:
            feedback(f"Offline nodes have their old certificates and must be added again: {', '.join(offline)}")

    def _digest(self, node: Node) -> str | None:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return certificate_digest(self, node)
            except errors.OpExecError as err:
                self.log_warning(f"{err} (attempt {attempt} of {_ATTEMPTS})")
        return None
