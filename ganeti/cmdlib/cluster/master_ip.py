"""Set the master IP address up and take it down by hand."""

from typing import Any

from ganeti import opcodes
from ganeti.cmdlib.base import Feedback, LogicalUnit, lu_for
from ganeti.objects.to_wire import master_network_parameters
from ganeti.objects.wire import MasterNetworkParameters
from ganeti.rpc import procedures
from ganeti.rpc.declaration import Procedure


class _MasterIpUnit(LogicalUnit[Any]):
    """Calls the master node with the parameters of the master IP address."""

    REQ_BGL = True

    def _call(self, proc: Procedure[[MasterNetworkParameters, bool], None], failure: str) -> None:
        config = self.snapshot()
        self.rpc.call_one(
            config.cluster.master_node,
            proc,
            master_network_parameters(config),
            config.cluster.use_external_mip_script,
        ).raise_(failure)


@lu_for(opcodes.OpClusterActivateMasterIp)
class LUClusterActivateMasterIp(_MasterIpUnit):
    """Set the master IP address up."""

    def exec(self, feedback: Feedback) -> None:
        """Call the master."""
        self._call(procedures.node_activate_master_ip, "Could not activate the master IP")


@lu_for(opcodes.OpClusterDeactivateMasterIp)
class LUClusterDeactivateMasterIp(_MasterIpUnit):
    """Take the master IP address down."""

    def exec(self, feedback: Feedback) -> None:
        """Call the master."""
        self._call(procedures.node_deactivate_master_ip, "Could not deactivate the master IP")
