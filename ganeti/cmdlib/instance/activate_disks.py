"""OP_INSTANCE_ACTIVATE_DISKS and OP_INSTANCE_DEACTIVATE_DISKS."""

from ganeti.cmdlib.base import Feedback, lu_for
from ganeti.cmdlib.instance.base import InstanceLu
from ganeti.cmdlib.instance.disk_activation import assemble_disks, safe_shutdown_disks, shutdown_disks
from ganeti.cmdlib.instance.disk_content import wait_for_sync
from ganeti.cmdlib.instance.nodechecks import check_online
from ganeti.cmdlib.instance.state import mark_disks
from ganeti.errors import OpExecError
from ganeti.opcodes.instance import OpInstanceActivateDisks, OpInstanceDeactivateDisks


@lu_for(OpInstanceActivateDisks)
class LUInstanceActivateDisks(InstanceLu[OpInstanceActivateDisks]):
    """Activate the disks of an instance; safe while it runs."""

    LOCK_NODES = True

    def check_prereq(self) -> None:
        """Check that the primary node can be asked."""
        check_online(self.snapshot(), self.load_instance().primary_node)

    def exec(self, feedback: Feedback) -> list[tuple[str, str, str | None]]:
        """Return (node, disk, device) of each disk."""
        del feedback
        activation = assemble_disks(self, self.instance, ignore_size=self.op.ignore_size)
        if not activation.ok:
            raise OpExecError("Cannot activate block devices")
        if self.op.wait_for_sync and not wait_for_sync(self, self.instance, self.disks()):
            mark_disks(self, self.instance.uuid, active=False)
            raise OpExecError("Some disks of the instance are degraded!")
        return activation.triples()


@lu_for(OpInstanceDeactivateDisks)
class LUInstanceDeactivateDisks(InstanceLu[OpInstanceDeactivateDisks]):
    """Deactivate the disks of an instance."""

    LOCK_NODES = True

    def check_prereq(self) -> None:
        """Only that it exists; whether it runs is checked just before its disks go."""
        self.load_instance()

    def exec(self, feedback: Feedback) -> None:
        """Deactivate them; with force also those of a running instance."""
        del feedback
        if self.op.force:
            shutdown_disks(self, self.instance)
        else:
            safe_shutdown_disks(self, self.instance)
