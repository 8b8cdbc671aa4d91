"""OP_INSTANCE_REMOVE."""

from collections.abc import Mapping

from ganeti.cmdlib.base import lu_for
from ganeti.cmdlib.instance.base import InstanceLu, reason_of
from ganeti.cmdlib.instance.disk_creation import remove_disks
from ganeti.cmdlib.instance.disks import is_only_planned
from ganeti.cmdlib.instance.power import stop_guest
from ganeti.errors import OpExecError
from ganeti.opcodes.instance import OpInstanceRemove


@lu_for(OpInstanceRemove)
class LUInstanceRemove(InstanceLu[OpInstanceRemove]):
    """Remove an instance and its disks.

    The configuration forgets it last: a master that dies before leaves an instance with missing disks, which another
    removal finishes, since what is absent counts as removed.
    """

    HPATH = "instance-remove"
    LOCK_NODES = True
    LOCK_NODE_RES = True
    ALLOW_FORTHCOMING = True
    ALLOW_UNFINISHED = True

    def extra_hooks_env(self) -> Mapping[str, object]:
        return {"SHUTDOWN_TIMEOUT": self.op.shutdown_timeout}

    def build_hooks_nodes(self) -> tuple[list[str], list[str]]:
        """Before, only the master may object; afterwards all nodes of the instance clean up."""
        return [self.snapshot().cluster.master_node], self._post_nodes

    def check_prereq(self) -> None:
        """Nothing more to check than that it exists."""
        self.load_instance()
        self._post_nodes = self.hook_nodes()

    def build_hooks_env(self) -> dict[str, object]:
        """Return the variables as they were before the removal."""
        if self.instance.uuid in self.snapshot().instances:
            self._env = super().build_hooks_env()
        return self._env

    def exec(self, feedback: object) -> None:
        """Stop it, destroy its disks, forget it."""
        instance = self.instance
        left: list[str] = []
        if not is_only_planned(instance, self.disks()):
            left += self._stop()
            self.log_info(f"Removing block devices for instance {instance.name}")
            left += remove_disks(self, instance, self.disks())
        if left and not self.op.ignore_failures:
            raise OpExecError(f"Can't remove instance's disks: {', '.join(left)}")
        if left:
            self.log_warning(f"Instance {instance.name} leaves behind: {', '.join(left)}", hint="Remove these by hand")
        self.log_info(f"Removing instance {instance.name} out of cluster config")
        self.cfg.remove_instance(instance.uuid)

    def _stop(self) -> list[str]:
        """Stop the guest; returns what is left if that failed and may be ignored."""
        instance = self.instance
        name = self.node_name(instance.primary_node)
        self.log_info(f"Shutting down instance {instance.name} on node {name}")
        result = stop_guest(self, instance, self.op.shutdown_timeout, reason_of(self.op))
        if not result.fail_msg:
            return []
        text = f"Could not shutdown instance {instance.name} on node {name}: {result.fail_msg}"
        if not self.op.ignore_failures:
            raise OpExecError(text)
        self.feedback(f"Warning: {text}")
        return [f"the running guest on node {name}"]
