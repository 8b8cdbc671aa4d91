"""The beginning and the end of a cluster."""

from ganeti import constants as c
from ganeti import errors, opcodes
from ganeti.cmdlib.base import Feedback, LogicalUnit, lu_for
from ganeti.cmdlib.hooks import run_post_hooks
from ganeti.cmdlib.node.preparation import configure_switch
from ganeti.objects.to_wire import master_network_parameters
from ganeti.rpc import procedures


@lu_for(opcodes.OpClusterPostInit)
class LUClusterPostInit(LogicalUnit[opcodes.OpClusterPostInit]):
    """Run what follows the initialisation."""

    HPATH = "cluster-init"
    HTYPE = c.HTYPE_CLUSTER
    REQ_BGL = True

    def build_hooks_env(self) -> dict[str, object]:
        """Return the cluster's name."""
        return {"OP_TARGET": self.snapshot().cluster.cluster_name}

    def build_hooks_nodes(self) -> tuple[list[str], list[str]]:
        """Afterwards only, on the master."""
        return [], [self.snapshot().cluster.master_node]

    def exec(self, feedback: Feedback) -> bool:
        """Make the master's virtual switch; the rest was done by the client already, and hooks follow."""
        config = self.snapshot()
        configure_switch(self, config.nodes[config.cluster.master_node])
        return True


@lu_for(opcodes.OpClusterDestroy)
class LUClusterDestroy(LogicalUnit[opcodes.OpClusterDestroy]):
    """Take the cluster apart as far as the master daemon can; the client does the rest."""

    HPATH = "cluster-destroy"
    HTYPE = c.HTYPE_CLUSTER
    REQ_BGL = True

    def build_hooks_env(self) -> dict[str, object]:
        """Return the cluster's name."""
        return {"OP_TARGET": self.snapshot().cluster.cluster_name}

    def build_hooks_nodes(self) -> tuple[list[str], list[str]]:
        """None: the post hooks run before the end, see ``exec``."""
        return [], []

    def check_prereq(self) -> None:
        """Check that nothing but the master is left."""
        config = self.snapshot()
        others = sorted(node.name for node in config.nodes.values() if node.uuid != config.cluster.master_node)
        if others:
            raise errors.OpPrereqError(
                f"There are still {len(others)} other node(s) in this cluster ({', '.join(others[:5])});"
                " remove them first",
                c.ECODE_INVAL,
            )
        if config.instances:
            raise errors.OpPrereqError(
                f"There are still {len(config.instances)} instance(s) in this cluster; remove them first", c.ECODE_INVAL
            )

    def exec(self, feedback: Feedback) -> str:
        """Run the hooks, take the master IP address down; return the UUID of the master."""
        config = self.snapshot()
        master = config.cluster.master_node
        run_post_hooks(self, [master])
        self.rpc.call_one(
            master,
            procedures.node_deactivate_master_ip,
            master_network_parameters(config),
            config.cluster.use_external_mip_script,
        ).warn("Error disabling the master IP address", self.log_warning)
        return master
