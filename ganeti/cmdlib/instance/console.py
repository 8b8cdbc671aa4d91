"""OP_INSTANCE_CONSOLE."""

from typing import Any

import msgspec

from ganeti import constants as c
from ganeti.cmdlib.base import Feedback, lu_for
from ganeti.cmdlib.instance.base import InstanceLu
from ganeti.cmdlib.instance.nodechecks import check_online
from ganeti.errors import OpExecError
from ganeti.objects.console import ConsoleRequest, describe_console
from ganeti.objects.fill import fill_instance_hv, fill_nd
from ganeti.opcodes.instance import OpInstanceConsole
from ganeti.rpc import procedures

#: Status of an instance that does not run, by what it should do.
_DOWN_STATUS = {
    c.ADMINST_UP: c.INSTST_ERRORDOWN,
    c.ADMINST_DOWN: c.INSTST_ADMINDOWN,
    c.ADMINST_OFFLINE: c.INSTST_ADMINOFFLINE,
}


@lu_for(OpInstanceConsole)
class LUInstanceConsole(InstanceLu[OpInstanceConsole]):
    """Return how to reach an instance's console."""

    def expand_names(self) -> None:
        """Lock the instance shared; not its nodes, which may be busy with something else for hours."""
        super().expand_names()
        self.share_all_levels()

    def check_prereq(self) -> None:
        """Check that the primary node can be asked."""
        check_online(self.snapshot(), self.load_instance().primary_node)

    def exec(self, feedback: Feedback) -> dict[str, Any]:
        """Return the console of the running instance."""
        del feedback
        instance, config = self.instance, self.snapshot()
        hvparams = fill_instance_hv(config.cluster, instance)
        node = config.nodes[instance.primary_node]
        result = self.rpc.call_one(
            node.uuid, procedures.instance_list, [instance.hypervisor], {instance.hypervisor: hvparams}
        )
        result.raise_(f"Can't get the instances of node {node.name}")
        if instance.name not in result.payload:
            status = _DOWN_STATUS[instance.admin_state]
            raise OpExecError(f"Instance {instance.name} is not running (state {status})")
        ndparams = fill_nd(config.cluster, config.nodegroups[node.group], node)
        request = ConsoleRequest(
            name=instance.name,
            network_port=instance.network_port,
            node=node.name,
            ssh_port=int(ndparams[c.ND_SSH_PORT]),
            hvparams=hvparams,
        )
        described: dict[str, Any] = msgspec.to_builtins(describe_console(instance.hypervisor, request))
        return described
