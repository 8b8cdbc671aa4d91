"""OP_INSTANCE_SHUTDOWN."""

from collections.abc import Mapping

from ganeti import constants as c
from ganeti.cmdlib.base import lu_for
from ganeti.cmdlib.instance.base import InstanceLu, reason_of
from ganeti.cmdlib.instance.disk_activation import shutdown_disks
from ganeti.cmdlib.instance.nodechecks import check_online
from ganeti.cmdlib.instance.power import stop_guest
from ganeti.cmdlib.instance.runtime import ask_guest, check_state, is_user_down
from ganeti.cmdlib.instance.state import ONLINE, mark_down
from ganeti.errors import OpPrereqError
from ganeti.opcodes.instance import OpInstanceShutdown


@lu_for(OpInstanceShutdown)
class LUInstanceShutdown(InstanceLu[OpInstanceShutdown]):
    """Stop an instance and its disks.

    Recorded first, then done: another shutdown repairs what a dying master leaves.
    """

    HPATH = "instance-stop"

    def extra_hooks_env(self) -> Mapping[str, object]:
        return {"TIMEOUT": self.op.timeout}

    def check_prereq(self) -> None:
        """Check the state and that the primary node can be asked."""
        instance, config = self.load_instance(), self.snapshot()
        if self.op.force:
            self.log_warning("Ignoring offline instance check")
        else:
            check_state(self, instance, ONLINE, "cannot shutdown")
        if config.nodes[instance.primary_node].offline and self.op.ignore_offline_nodes:
            self.log_warning("Ignoring offline primary node")
        else:
            check_online(config, instance.primary_node)
        if self.op.admin_state_source == c.USER_SOURCE:
            self._check_user_down()

    def _check_user_down(self) -> None:
        """Check that it really was the guest's user who shut the instance down."""
        result = ask_guest(self, self.instance)
        name = self.node_name(self.instance.primary_node)
        result.raise_(f"Error checking node '{name}'", prereq=True, ecode=c.ECODE_ENVIRON)
        if not is_user_down(self.snapshot().cluster, self.instance, result.payload):
            raise OpPrereqError(f"Instance '{self.instance.name}' was not shutdown by the user", c.ECODE_STATE)

    def exec(self, feedback: object) -> None:
        """Stop it."""
        instance = self.instance
        if not self.op.no_remember and instance.admin_state in ONLINE:
            instance = mark_down(self, instance.uuid, self.op.admin_state_source or c.ADMIN_SOURCE)
        if self.snapshot().nodes[instance.primary_node].offline:
            self.log_info("Primary node offline, marked instance as stopped")
            return
        result = stop_guest(self, instance, self.op.timeout, reason_of(self.op))
        result.raise_(f"Could not shutdown instance '{instance.name}'")
        shutdown_disks(self, instance)
