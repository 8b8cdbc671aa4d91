"""Distribute the configuration and the other shared files again."""

from ganeti import constants as c
from ganeti import opcodes
from ganeti.cmdlib.base import ALL_SET, Feedback, LogicalUnit, lu_for
from ganeti.cmdlib.cluster.ancillary import upload_ancillary_files


@lu_for(opcodes.OpClusterRedistConf)
class LUClusterRedistConf(LogicalUnit[opcodes.OpClusterRedistConf]):
    """Write and copy everything that nodes share with the master."""

    REQ_BGL = False

    def expand_names(self) -> None:
        """Lock all nodes, shared."""
        self.needed_locks = {c.LEVEL_NODE: ALL_SET}
        self.share_locks = {c.LEVEL_NODE: True}

    def exec(self, feedback: Feedback) -> None:
        """Distribute the configuration at once, then the files."""
        self.cfg.flush(resend=True)
        for name, lack in self.cfg.undelivered().items():
            self.log_warning(f"Node {name} {lack}")
        upload_ancillary_files(self)
