"""OP_INSTANCE_STARTUP."""

from collections.abc import Mapping

from ganeti import constants as c
from ganeti.cmdlib.base import lu_for
from ganeti.cmdlib.instance.base import InstanceLu, reason_of, replace_op
from ganeti.cmdlib.instance.checks import check_bridges, check_free_memory, validate_hvparams
from ganeti.cmdlib.instance.disk_activation import shutdown_disks, start_disks
from ganeti.cmdlib.instance.nodechecks import check_online
from ganeti.cmdlib.instance.params import check_beparams, check_hvparams, check_not_global, expand_memory
from ganeti.cmdlib.instance.power import start_failure, start_guest, stop_guest
from ganeti.cmdlib.instance.runtime import ask_guest, check_state, is_up, is_user_down
from ganeti.cmdlib.instance.state import ONLINE, mark_up
from ganeti.cmdlib.locks import nodes_of_instance
from ganeti.errors import OpExecError
from ganeti.opcodes.instance import OpInstanceStartup


@lu_for(OpInstanceStartup)
class LUInstanceStartup(InstanceLu[OpInstanceStartup]):
    """Start an instance, with parameters changed for this run if asked.

    Recorded first, then done: a master that dies in between leaves an instance that is down and should be up, which
    verification names and another start repairs.
    """

    HPATH = "instance-start"
    #: The guest has shut itself down, and its remains must go first.
    _needs_cleanup = False

    def check_arguments(self) -> None:
        """Check one-shot parameters that are wrong for any instance."""
        check_not_global(self.op.hvparams)
        self.op = replace_op(self.op, beparams=expand_memory(self.op.beparams))

    def extra_hooks_env(self) -> Mapping[str, object]:
        return {"FORCE": self.op.force}

    def check_prereq(self) -> None:
        """Check parameters, state, nodes, and memory if the instance does not run yet."""
        instance, config = self.load_instance(), self.snapshot()
        if self.op.hvparams:
            _, filled = check_hvparams(
                config.cluster, instance.hypervisor, instance.os, instance.hvparams, self.op.hvparams
            )
            validate_hvparams(self, nodes_of_instance(config, instance), instance.hypervisor, filled)
        _, be = check_beparams(config.cluster, {**instance.beparams, **self.op.beparams})
        check_state(self, instance, ONLINE, "cannot start")
        primary = instance.primary_node
        if config.nodes[primary].offline and self.op.ignore_offline_nodes:
            self.log_warning("Ignoring offline primary node")
            if self.op.hvparams or self.op.beparams:
                self.log_warning("Overridden parameters are ignored")
            return
        check_online(config, primary)
        check_bridges(self, instance.nics, primary)
        result = ask_guest(self, instance)
        result.raise_(f"Error checking node {self.node_name(primary)}", prereq=True, ecode=c.ECODE_ENVIRON)
        if is_user_down(config.cluster, instance, result.payload):
            self._needs_cleanup = True
        elif not is_up(result.payload):
            what = f"starting instance {instance.name}"
            check_free_memory(self, primary, what, be[c.BE_MINMEM], instance.hypervisor)

    def exec(self, feedback: object) -> None:
        """Start it."""
        instance, reason = self.instance, reason_of(self.op)
        if not self.op.no_remember:
            instance = mark_up(self, instance.uuid)
        if self.snapshot().nodes[instance.primary_node].offline:
            self.log_info("Primary node offline, marked instance as started")
            return
        if self._needs_cleanup:
            result = stop_guest(self, instance, self.op.shutdown_timeout, reason)
            result.raise_(f"Could not clean up after instance '{instance.name}'")
            shutdown_disks(self, instance)
        start_disks(self, instance, force=self.op.force)
        result = start_guest(
            self,
            self.reload(),
            reason,
            paused=self.op.startup_paused,
            hvparams=self.op.hvparams,
            beparams=self.op.beparams,
        )
        if result.fail_msg:
            shutdown_disks(self, self.instance)
            raise OpExecError(start_failure(self, self.instance, result.fail_msg))
