"""OP_CLUSTER_SET_PARAMS: change the parameters of the cluster."""


from ganeti import constants as c
from ganeti import errors, opcodes
from ganeti.cmdlib.base import ALL_SET, Feedback, LogicalUnit, ResultWithJobs, lu_for
from ganeti.cmdlib.cluster.params import hypervisors, osparams, policy
from ganeti.cmdlib.cluster.params.communication import missing_parts
from ganeti.cmdlib.cluster.params.compute import compute, wants_kvm_daemon
from ganeti.cmdlib.instance.checks import validate_hvparams, validate_os
from ganeti.cmdlib.node.candidates import maintain_pool
from ganeti.cmdlib.node.preparation import ensure_kvm_daemon
from ganeti.config.draft import Draft
from ganeti.objects import Cluster
from ganeti.objects.to_wire import master_network_parameters
from ganeti.rpc import procedures

#: Fields that a change must name, one at least; the others are common to all opcodes or say how to change.
_COMMON = frozenset({*opcodes.OpCode.__struct_fields__, "force"})


@lu_for(opcodes.OpClusterSetParams)
class LUClusterSetParams(LogicalUnit[opcodes.OpClusterSetParams]):
    """Check everything first, save once, then let nodes know."""

    HPATH = "cluster-modify"
    HTYPE = c.HTYPE_CLUSTER
    REQ_BGL = False

    def check_arguments(self) -> None:
        """Check that something is to be changed, and what can be checked without locks."""
        fields = [name for name in self.op.__struct_fields__ if name not in _COMMON]
        if all(getattr(self.op, name) is None for name in fields):
            raise errors.OpPrereqError("Please pass at least one modification", c.ECODE_INVAL)
        compute(self.snapshot(), self.op)

    def expand_names(self) -> None:
        """Lock nodes, instances and groups, shared: parameters hold for all of them."""
        self.needed_locks = {c.LEVEL_INSTANCE: ALL_SET, c.LEVEL_NODEGROUP: ALL_SET, c.LEVEL_NODE: ALL_SET}
        self.share_all_levels()

    def build_hooks_env(self) -> dict[str, object]:
        """Return the name of the cluster, and of the new volume group."""
        return {"OP_TARGET": self.snapshot().cluster.cluster_name, "NEW_VG_NAME": self.op.vg_name}

    def build_hooks_nodes(self) -> tuple[list[str], list[str]]:
        """The master, before and afterwards."""
        master = [self.snapshot().cluster.master_node]
        return master, master

    def check_prereq(self) -> None:
        """Compute the new parameters and let nodes check those that depend on them."""
        config = self.snapshot()
        computed = compute(config, self.op)
        for text in computed.notes:
            self.log_info(text)
        for text in computed.warnings:
            self.log_warning(text)
        before, after = config.cluster, computed.cluster
        vm_nodes = [node.uuid for node in config.nodes.values() if node.vm_capable]
        try:
            for item in hypervisors.to_validate(before, after, self.op):
                validate_hvparams(self, vm_nodes, item.hypervisor, item.params)
            for os, params in osparams.to_validate(after, self.op):
                validate_os(self, [before.master_node], os, params, required=False, force_variant=True)
        except errors.OpExecError as err:
            raise errors.OpPrereqError(str(err), c.ECODE_INVAL) from err
        if before.ipolicy != after.ipolicy:
            broken = list(policy.new_violations(config, after))
            if broken:
                self.log_warning(f"After this change these instances violate the policy: {', '.join(broken)}")

    def exec(self, feedback: Feedback) -> ResultWithJobs | None:
        """Save the parameters; let go of and take the master IP address if its device changes."""
        before = self.snapshot().cluster
        moves = self.op.master_netdev is not None and self.op.master_netdev != before.master_netdev
        if moves:
            self._stop_master_ip()
        try:
            after = self.cfg.transact(self._save)
        finally:
            if moves:
                self._start_master_ip()
        self._change_netmask(before, after, moves=moves)
        if self.op.candidate_pool_size is not None:
            maintain_pool(self)
        if wants_kvm_daemon(before) != wants_kvm_daemon(after):
            able = [node for node in self.snapshot().nodes.values() if node.vm_capable]
            ensure_kvm_daemon(self, able, run=wants_kvm_daemon(after))
        job = missing_parts(self.snapshot()) if self.op.instance_communication_network else []
        return ResultWithJobs([job]) if job else None

    def _save(self, draft: Draft) -> Cluster:
        """Apply the change to the newest cluster: others change it, too, while this job holds its shared locks."""
        wanted = compute(draft.base, self.op).cluster
        return draft.update(wanted) if wanted != draft.base.cluster else wanted

    # the master IP address

    def _stop_master_ip(self) -> None:
        config = self.snapshot()
        self.log_info(f"Taking the master IP address down on {config.cluster.master_netdev}")
        result = self.rpc.call_one(
            config.cluster.master_node,
            procedures.node_deactivate_master_ip,
            master_network_parameters(config),
            config.cluster.use_external_mip_script,
        )
        if self.op.force:
            result.warn("Could not disable the master IP address", self.log_warning)
        else:
            result.raise_("Could not disable the master IP address, nothing was changed")

    def _start_master_ip(self) -> None:
        config = self.snapshot()
        self.log_info(f"Setting the master IP address up on {config.cluster.master_netdev}")
        self.rpc.call_one(
            config.cluster.master_node,
            procedures.node_activate_master_ip,
            master_network_parameters(config),
            config.cluster.use_external_mip_script,
        ).warn("Could not enable the master IP address again; please do so by hand", self.log_warning)

    def _change_netmask(self, before: Cluster, after: Cluster, *, moves: bool) -> None:
        if moves or before.master_netmask == after.master_netmask:
            return
        self.rpc.call_one(
            after.master_node,
            procedures.node_change_master_netmask,
            before.master_netmask,
            after.master_netmask,
            after.master_ip,
            after.master_netdev,
        ).warn("Could not change the netmask of the master IP address", self.log_warning)
