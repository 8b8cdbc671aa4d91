"""OP_CLUSTER_VERIFY: one job for the configuration and one per node group."""

from ganeti import opcodes
from ganeti.cmdlib.base import Feedback, LogicalUnit, ResultWithJobs, lu_for
from ganeti.cmdlib.names import find_group


@lu_for(opcodes.OpClusterVerify)
class LUClusterVerify(LogicalUnit[opcodes.OpClusterVerify]):
    """Start the jobs that verify the cluster, or only those of one node group."""

    REQ_BGL = False

    def expand_names(self) -> None:
        """Take no locks: the jobs take theirs."""
        self.needed_locks = {}

    def check_prereq(self) -> None:
        """Find the groups."""
        config = self.snapshot()
        if self.op.group_name is not None:
            self.group_names = [find_group(config, self.op.group_name).name]
        else:
            self.group_names = sorted(group.name for group in config.nodegroups.values())

    def exec(self, feedback: Feedback) -> ResultWithJobs:
        """Return the jobs; those of groups wait for the end, whatever it is, of the one for the configuration."""
        if self.op.group_name is not None:
            return ResultWithJobs([[self._verify_group(name)] for name in self.group_names])
        config_job = [
            opcodes.OpClusterVerifyConfig(
                error_codes=self.op.error_codes,
                ignore_errors=self.op.ignore_errors,
                debug_simulate_errors=self.op.debug_simulate_errors,
                verbose=self.op.verbose,
            )
        ]
        group_jobs = [
            [self._verify_group(name, depends=[(-distance, [])])]
            for distance, name in enumerate(self.group_names, start=1)
        ]
        return ResultWithJobs([config_job, *group_jobs])

    def _verify_group(
        self, name: str, depends: list[opcodes.types.JobDependency] | None = None
    ) -> opcodes.OpClusterVerifyGroup:
        return opcodes.OpClusterVerifyGroup(
            group_name=name,
            depends=depends,
            error_codes=self.op.error_codes,
            ignore_errors=self.op.ignore_errors,
            debug_simulate_errors=self.op.debug_simulate_errors,
            skip_checks=self.op.skip_checks,
            verbose=self.op.verbose,
            verify_clutter=self.op.verify_clutter,
        )
