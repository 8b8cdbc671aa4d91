"""OP_INSTANCE_REBOOT."""

from collections.abc import Mapping

from ganeti import constants as c
from ganeti.cmdlib.base import lu_for
from ganeti.cmdlib.instance.base import InstanceLu, reason_of
from ganeti.cmdlib.instance.checks import check_bridges
from ganeti.cmdlib.instance.disk_activation import shutdown_disks, start_disks
from ganeti.cmdlib.instance.nodechecks import check_online
from ganeti.cmdlib.instance.power import start_failure, start_guest, stop_guest
from ganeti.cmdlib.instance.runtime import ask_guest, check_state, is_up
from ganeti.cmdlib.instance.state import ONLINE, mark_up
from ganeti.errors import OpExecError
from ganeti.objects.to_wire import wire_instance
from ganeti.opcodes.instance import OpInstanceReboot
from ganeti.rpc import procedures


@lu_for(OpInstanceReboot)
class LUInstanceReboot(InstanceLu[OpInstanceReboot]):
    """Reboot an instance; one that does not run is started."""

    HPATH = "instance-reboot"

    def extra_hooks_env(self) -> Mapping[str, object]:
        return {
            "IGNORE_SECONDARIES": self.op.ignore_secondaries,
            "REBOOT_TYPE": self.op.reboot_type,
            "SHUTDOWN_TIMEOUT": self.op.shutdown_timeout,
        }

    def check_prereq(self) -> None:
        """Check the state, the primary node and its bridges."""
        instance = self.load_instance()
        check_state(self, instance, ONLINE, "cannot reboot")
        check_online(self.snapshot(), instance.primary_node)
        check_bridges(self, instance.nics, instance.primary_node)

    def exec(self, feedback: object) -> None:
        """Reboot it in the way asked for, if it runs."""
        instance = self.instance
        result = ask_guest(self, instance)
        name = self.node_name(instance.primary_node)
        result.raise_(f"Error checking node {name}")
        running = is_up(result.payload)
        if running and self.op.reboot_type in (c.INSTANCE_REBOOT_SOFT, c.INSTANCE_REBOOT_HARD):
            self._reboot_on_node()
        else:
            self._stop_and_start(running=running)
        mark_up(self, instance.uuid)

    def _reboot_on_node(self) -> None:
        instance = self.instance
        wired = wire_instance(self.snapshot(), instance, instance.primary_node)
        result = self.rpc.call_one(
            instance.primary_node,
            procedures.instance_reboot,
            wired,
            self.op.reboot_type,
            self.op.shutdown_timeout,
            reason_of(self.op),
        )
        result.raise_(f"Could not reboot instance on node {self.node_name(instance.primary_node)}")

    def _stop_and_start(self, *, running: bool) -> None:
        reason = reason_of(self.op)
        if running:
            result = stop_guest(self, self.instance, self.op.shutdown_timeout, reason)
            name = self.node_name(self.instance.primary_node)
            result.raise_(f"Could not shutdown instance for full reboot on node {name}")
            shutdown_disks(self, self.instance)
        else:
            self.log_info(f"Instance {self.instance.name} was already stopped, starting now")
        start_disks(self, self.instance, force=self.op.ignore_secondaries)
        result = start_guest(self, self.reload(), reason)
        if result.fail_msg:
            shutdown_disks(self, self.instance)
            raise OpExecError(start_failure(self, self.instance, result.fail_msg))
