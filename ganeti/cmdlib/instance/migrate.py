"""OP_INSTANCE_MIGRATE."""

from collections.abc import Mapping

from ganeti import constants as c
from ganeti.cmdlib.base import Feedback, lu_for
from ganeti.cmdlib.instance.base import reason_of
from ganeti.cmdlib.instance.disks import disks_of
from ganeti.cmdlib.instance.failover_exec import FailoverOptions, fail_over
from ganeti.cmdlib.instance.migration_cleanup import clean_up
from ganeti.cmdlib.instance.migration_exec import Migration, MigrationOptions
from ganeti.cmdlib.instance.relocation import RelocationLu, is_external
from ganeti.cmdlib.instance.runtime import ask_guest
from ganeti.errors import OpPrereqError
from ganeti.objects.fill import fill_be, fill_instance_hv
from ganeti.objects.to_wire import wire_instance
from ganeti.opcodes.instance import OpInstanceMigrate
from ganeti.rpc import procedures


@lu_for(OpInstanceMigrate)
class LUInstanceMigrate(RelocationLu[OpInstanceMigrate]):
    """Move an instance to another node while it runs."""

    HPATH = "instance-migrate"

    #: Set by ``check_prereq``: the instance must be stopped for the move.
    _as_failover = False
    _options: MigrationOptions

    def check_arguments(self) -> None:
        """Check that the mode is given only in one way."""
        if self.op.mode is not None and self.op.live is not None:
            raise OpPrereqError("Only one of the 'live' and 'mode' parameters are accepted", c.ECODE_INVAL)

    def extra_hooks_env(self) -> Mapping[str, object]:
        return {
            "MIGRATE_LIVE": self._live() if not self.op.cleanup else None,
            "MIGRATE_CLEANUP": self.op.cleanup,
            "ALLOW_RUNTIME_CHANGES": self.op.allow_runtime_changes,
            **self.relocation_env(),
        }

    def build_hooks_nodes(self) -> tuple[list[str], list[str]]:
        """Run hooks on the master and all nodes that have to do with it."""
        nodes = self.hook_nodes(self.instance.primary_node, *self.hook_targets())
        return nodes, nodes

    def _live(self) -> bool:
        """Tell whether the guest goes on running while it is moved."""
        if self.op.live is not None:
            return self.op.live
        params = fill_instance_hv(self.snapshot().cluster, self.instance)
        mode = self.op.mode or params.get(c.HV_MIGRATION_MODE) or c.HT_MIGRATION_LIVE
        return bool(mode == c.HT_MIGRATION_LIVE)

    # prerequisites

    def check_prereq(self) -> None:
        """Check that the target can take the instance; decide whether it must be stopped for that."""
        instance = self.load_instance()
        if self.op.cleanup:
            is_external(disks_of(self.snapshot(), instance))
            return
        if instance.admin_state != c.ADMINST_UP and self.op.allow_failover:
            self.log_info("Instance is marked down, fallback allowed, switching to failover")
            self._as_failover = True
        if fill_be(self.snapshot().cluster, instance.beparams).get(c.BE_ALWAYS_FAILOVER):
            self.log_info("Instance configured to always failover; using failover instead of migration")
            self._as_failover = True
        free = self.check_move(failover=self._as_failover)
        if not self._as_failover:
            self._check_migratable()
        if not self._as_failover:
            self._options = self._make_options(free or 0)

    def _check_migratable(self) -> None:
        instance = self.instance
        wired = wire_instance(self.snapshot(), instance, instance.primary_node)
        result = self.rpc.call_one(instance.primary_node, procedures.instance_migratable, wired)
        if result.fail_msg and self.op.allow_failover:
            self.log_info(f"Can't migrate, fallback to failover: {result.fail_msg}")
            self._as_failover = True
        else:
            result.raise_("Can't migrate, please use failover", prereq=True, ecode=c.ECODE_STATE)

    def _make_options(self, free_mib: int) -> MigrationOptions:
        result = ask_guest(self, self.instance)
        name = self.node_name(self.instance.primary_node)
        result.raise_(f"Can't get information about the instance from node {name}", prereq=True, ecode=c.ECODE_ENVIRON)
        return MigrationOptions(
            live=self._live(),
            allow_runtime_changes=self.op.allow_runtime_changes,
            ignore_hvversions=self.op.ignore_hvversions,
            memory_mib=int(result.payload.get("memory", 0)),
            free_mib=free_mib,
        )

    # execution

    def exec(self, feedback: Feedback) -> None:
        """Move it, or repair what an earlier attempt left."""
        if self.op.cleanup:
            feedback(f"Migration cleanup of instance {self.instance.name}")
            external = is_external(disks_of(self.snapshot(), self.instance))
            clean_up(self, self.instance, self.op.target_node_uuid, is_external=external)
        elif self._as_failover:
            feedback(f"Failover instance {self.instance.name}")
            assert self.move is not None
            fail_over(self, self.move, FailoverOptions(c.DEFAULT_SHUTDOWN_TIMEOUT, False, reason_of(self.op)))
        else:
            feedback(f"Migrating instance {self.instance.name}")
            assert self.move is not None
            Migration(self, self.move, self._options).run()
