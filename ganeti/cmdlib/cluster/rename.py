"""Give the cluster another name or address."""

import msgspec

from ganeti import constants as c
from ganeti import errors, opcodes, pathutils
from ganeti.cmdlib.base import Feedback, LogicalUnit, lu_for
from ganeti.cmdlib.cluster.ancillary import upload_to_online_nodes
from ganeti.objects import Cluster
from ganeti.objects.to_wire import master_network_parameters
from ganeti.rpc import procedures
from ganeti.rpc.result import RpcResult
from ganeti.utils import net, sshkeys

_PING_TIMEOUT_S = 5.0


@lu_for(opcodes.OpClusterRename)
class LUClusterRename(LogicalUnit[opcodes.OpClusterRename]):
    """Change the name, and with it the address of the cluster."""

    HPATH = "cluster-rename"
    HTYPE = c.HTYPE_CLUSTER
    REQ_BGL = True

    def build_hooks_env(self) -> dict[str, object]:
        """Return the old and the new name."""
        return {"OP_TARGET": self.snapshot().cluster.cluster_name, "NEW_NAME": self.op.name}

    def build_hooks_nodes(self) -> tuple[list[str], list[str]]:
        """Before on the master, afterwards on all nodes."""
        config = self.snapshot()
        return [config.cluster.master_node], list(config.nodes)

    def check_prereq(self) -> None:
        """Check that the name resolves and means something new that nobody uses."""
        cluster = self.snapshot().cluster
        try:
            name, ip = net.fqdn(self.op.name, cluster.primary_ip_family)
        except errors.ResolverError as err:
            raise errors.OpPrereqError(
                f"The new name {self.op.name} does not resolve: {err.args[-1]}", c.ECODE_RESOLVER
            ) from err
        if (name, ip) == (cluster.cluster_name, cluster.master_ip):
            raise errors.OpPrereqError("Neither the name nor the address of the cluster would change", c.ECODE_INVAL)
        if ip != cluster.master_ip and net.tcp_ping(ip, net.daemon_port(c.NODED), timeout_s=_PING_TIMEOUT_S):
            raise errors.OpPrereqError(f"The new address {ip} is in use by another host", c.ECODE_NOTUNIQUE)
        self.op = msgspec.structs.replace(self.op, name=name)
        self._ip = ip

    def exec(self, feedback: Feedback) -> str:
        """Take the address down, change everything, set the new address up whatever happens."""
        cluster = self.snapshot().cluster
        self._call_master(up=False).raise_("Could not disable the master role")
        try:
            self._rename(cluster)
        finally:
            self._call_master(up=True).warn(
                "Could not activate the new address of the cluster, please do it by hand", self.log_warning
            )
        return self.op.name

    def _rename(self, old: Cluster) -> None:
        name, ip = self.op.name, self._ip
        self.cfg.modify_cluster(lambda now: msgspec.structs.replace(now, cluster_name=name, master_ip=ip))
        # What runs when the new address comes up reads name and address from the nodes' files.
        self.cfg.flush()
        sshkeys.write_known_hosts(name, old.rsahostkeypub, old.dsahostkeypub)
        upload_to_online_nodes(self, pathutils.SSH_KNOWN_HOSTS_FILE)

    def _call_master(self, *, up: bool) -> RpcResult[None]:
        config = self.snapshot()
        proc = procedures.node_activate_master_ip if up else procedures.node_deactivate_master_ip
        return self.rpc.call_one(
            config.cluster.master_node, proc, master_network_parameters(config), config.cluster.use_external_mip_script
        )
