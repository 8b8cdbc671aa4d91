"""OP_CLUSTER_VERIFY_CONFIG: the configuration in itself, the cluster's certificates, hypervisor parameters."""

from collections.abc import Iterable, Iterator, Mapping

from ganeti import constants as c
from ganeti import errors, hvparams, opcodes, pathutils
from ganeti.cmdlib.base import ALL_SET, Feedback, LogicalUnit, lu_for
from ganeti.cmdlib.instance.disks import disks_of, is_only_planned
from ganeti.cmdlib.verify import simulated
from ganeti.cmdlib.verify.findings import ERROR, WARNING, Finding, Reporter, warning
from ganeti.cmdlib.verify.hypervisors import parameter_sets
from ganeti.config.verify import all_problems
from ganeti.objects import ConfigData
from ganeti.utils import x509


def check_config(config: ConfigData) -> Iterator[Finding]:
    """Check that the configuration is consistent."""
    for problem in all_problems(config):
        yield Finding(c.CV_ECLUSTERCFG, None, problem)


def check_unfinished(config: ConfigData) -> Iterator[Finding]:
    """Report instances whose creation was cut off: the locks of this verification wait for creations under way."""
    for instance in config.instances.values():
        if instance.forthcoming and not is_only_planned(instance, disks_of(config, instance)):
            text = f"the creation of instance {instance.name} was not finished, use 'gnt-instance remove' and try again"
            yield Finding(c.CV_ECLUSTERCFG, None, text)


def check_certificates(paths: Iterable[str]) -> Iterator[Finding]:
    """Check that certificates can be read and are valid for some time."""
    for path in paths:
        problem = x509.check_certificate_file(path)
        if problem is not None:
            severity, text = problem
            level = ERROR if severity is x509.Severity.ERROR else WARNING
            yield Finding(c.CV_ECLUSTERCERT, None, text, level)


def check_hvparams(config: ConfigData) -> Iterator[Finding]:
    """Check the syntax of all hypervisor parameters in force: of the cluster, of OS definitions, of instances."""
    for source, hypervisor, params in parameter_sets(config, config.instances.values()):
        try:
            hvparams.check_syntax(hypervisor, params)
        except errors.HypervisorError as err:
            text = f"hypervisor {hypervisor} parameters syntax check (source {source}): {err}"
            yield Finding(c.CV_ECLUSTERCFG, None, text)


def check_dangling(config: ConfigData) -> Iterator[Finding]:
    """Check that every node is in a group and every instance on a node that exist."""
    for node in config.nodes.values():
        if node.group not in config.nodegroups:
            names = sorted(i.name for i in config.instances.values() if i.primary_node == node.uuid)
            text = f"node belongs to a non existing group, and with it instances: {', '.join(names) or 'none'}"
            yield Finding(c.CV_ECLUSTERDANGLINGNODES, node.name, text)
    lost = sorted(
        instance.name or instance.uuid
        for instance in config.instances.values()
        if instance.primary_node not in config.nodes and not instance.forthcoming
    )
    if lost:
        text = f"the following instances live on a non existing node: {', '.join(lost)}"
        yield Finding(c.CV_ECLUSTERDANGLINGINST, None, text)


def check_copies(undelivered: Mapping[str, str]) -> Iterator[Finding]:
    """Report nodes that the newest configuration could not be brought to; it is tried again by itself."""
    for name, lack in undelivered.items():
        yield warning(c.CV_ENODEFILECHECK, name, lack)


@lu_for(opcodes.OpClusterVerifyConfig)
class LUClusterVerifyConfig(LogicalUnit[opcodes.OpClusterVerifyConfig]):
    """Verify what can be verified without asking any node."""

    REQ_BGL = False

    def expand_names(self) -> None:
        """Lock everything, shared: the configuration rests meanwhile."""
        self.needed_locks = {level: ALL_SET for level in c.LEVELS if level != c.LEVEL_CLUSTER}
        self.share_all_levels()

    def exec(self, feedback: Feedback) -> bool:
        """Report what is wrong; return whether nothing is."""
        reporter = Reporter(feedback, with_codes=self.op.error_codes, ignored=self.op.ignore_errors)
        config = self.snapshot()
        # What was changed a moment ago may still be on its way, or to somebody who is not there.
        self.cfg.flush()
        for heading, findings in (
            (
                "Verifying cluster config",
                [*check_config(config), *check_unfinished(config), *check_copies(self.cfg.undelivered())],
            ),
            ("Verifying cluster certificate files", check_certificates(pathutils.ALL_CERT_FILES)),
            ("Verifying hypervisor parameters", check_hvparams(config)),
            ("Verifying all nodes belong to an existing group", check_dangling(config)),
        ):
            reporter.heading(heading)
            reporter.report(findings)
        if self.op.debug_simulate_errors:
            reporter.report(simulated.findings(simulated.CONFIG_CODES, None))
        return not reporter.has_failed
