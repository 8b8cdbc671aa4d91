"""OP_INSTANCE_FAILOVER."""

from collections.abc import Mapping

from ganeti.cmdlib.base import Feedback, lu_for
from ganeti.cmdlib.instance.base import reason_of
from ganeti.cmdlib.instance.disks import disks_of
from ganeti.cmdlib.instance.failover_exec import FailoverOptions, fail_over, set_primary
from ganeti.cmdlib.instance.migration_cleanup import clean_up
from ganeti.cmdlib.instance.relocation import RelocationLu, is_external
from ganeti.opcodes.instance import OpInstanceFailover


@lu_for(OpInstanceFailover)
class LUInstanceFailover(RelocationLu[OpInstanceFailover]):
    """Stop an instance and start it on another node."""

    HPATH = "instance-failover"
    ALLOW_FORTHCOMING = True

    def extra_hooks_env(self) -> Mapping[str, object]:
        return {
            "IGNORE_CONSISTENCY": self.op.ignore_consistency,
            "SHUTDOWN_TIMEOUT": self.op.shutdown_timeout,
            "FAILOVER_CLEANUP": self.op.cleanup,
            **self.relocation_env(),
        }

    def build_hooks_nodes(self) -> tuple[list[str], list[str]]:
        """Leave the old primary out before: it may be what has failed."""
        every = self.hook_nodes(*self.hook_targets())
        master = self.snapshot().cluster.master_node
        source = self.instance.primary_node
        before = [uuid for uuid in every if uuid != source or uuid == master]
        return before, every

    def check_prereq(self) -> None:
        """Check that the target can take the instance."""
        instance = self.load_instance()
        if self.op.cleanup:
            is_external(disks_of(self.snapshot(), instance))
            return
        self.check_move(failover=True)

    def exec(self, feedback: Feedback) -> None:
        """Move it, or repair what an earlier attempt left."""
        if self.op.cleanup:
            feedback(f"Failover cleanup of instance {self.instance.name}")
            external = is_external(disks_of(self.snapshot(), self.instance))
            clean_up(self, self.instance, self.op.target_node_uuid, is_external=external)
            return
        feedback(f"Failover instance {self.instance.name}")
        options = FailoverOptions(self.op.shutdown_timeout, self.op.ignore_consistency, reason_of(self.op))
        assert self.move is not None
        if self.instance.forthcoming:
            set_primary(self, self.instance.uuid, self.move.target)
            return
        fail_over(self, self.move, options)
