"""OP_CLUSTER_VERIFY_GROUP: the nodes and instances of a node group as they are, compared with the configuration."""

import time
from collections.abc import Iterable, Iterator
from typing import Any

from ganeti import constants as c
from ganeti import errors, hvparams, opcodes, ssconf
from ganeti.cmdlib.base import Feedback, HookResults, LogicalUnit, lu_for
from ganeti.cmdlib.instance.ipolicy import group_policy, size_of_instance, violations
from ganeti.cmdlib.locks import lock_nodes_of_instances, nodes_of_instance, owned_instances
from ganeti.cmdlib.names import find_group
from ganeti.cmdlib.verify import files, instances, nodes, oses, request, simulated, storage
from ganeti.cmdlib.verify.findings import Finding, Reporter, warning
from ganeti.cmdlib.verify.gather import Gathered, Gatherer
from ganeti.config.ssconf_values import ssconf_values
from ganeti.objects import ConfigData, Instance, Node

_RENEW_HINT = "  - NOTICE: client certificates are renewed by 'gnt-cluster renew-crypto --new-node-certificates'"


@lu_for(opcodes.OpClusterVerifyGroup)
class LUClusterVerifyGroup(LogicalUnit[opcodes.OpClusterVerifyGroup]):
    """Verify a node group."""

    HPATH = "cluster-verify"
    HTYPE = c.HTYPE_CLUSTER
    REQ_BGL = False

    def expand_names(self) -> None:
        """Lock the group and its instances, all shared; their nodes are known only then."""
        config = self.snapshot()
        self.group_uuid = find_group(config, self.op.group_name).uuid
        self.needed_locks = {
            c.LEVEL_INSTANCE: [i.name for i in request.instances_of_group(config, self.group_uuid)],
            c.LEVEL_NODEGROUP: [self.group_uuid],
            c.LEVEL_NODE: [],
        }
        self.share_all_levels()

    def declare_locks(self, level: int) -> None:
        """Lock the nodes of the group, and those in other groups that mirror disks of its instances."""
        if level == c.LEVEL_NODE:
            self.needed_locks[level] = [n.uuid for n in request.nodes_of_group(self.snapshot(), self.group_uuid)]
            lock_nodes_of_instances(self, append=True)

    def check_prereq(self) -> None:
        """Check that what belongs to the group is still what is locked."""
        config = self.snapshot()
        if self.group_uuid not in config.nodegroups:
            raise errors.OpPrereqError(f"Node group {self.op.group_name} was removed meanwhile", c.ECODE_NOENT)
        self.nodes = request.nodes_of_group(config, self.group_uuid)
        self.instances = request.instances_of_group(config, self.group_uuid)
        missing = {i.name for i in self.instances} - self.owned(c.LEVEL_INSTANCE)
        needed = {node.uuid for node in self.nodes}
        needed.update(uuid for i in owned_instances(self) for uuid in nodes_of_instance(config, i))
        missing |= {config.nodes[uuid].name for uuid in needed - self.owned(c.LEVEL_NODE)}
        if missing:
            raise errors.OpPrereqError(
                f"Node group {self.op.group_name} changed while this job waited for its locks"
                f" ({', '.join(sorted(missing))} would be needed too); retry the operation",
                c.ECODE_STATE,
            )

    def build_hooks_env(self) -> dict[str, object]:
        """Return the tags of the cluster and of the group's nodes."""
        config = self.snapshot()
        tags = {f"NODE_TAGS_{n.name}": " ".join(n.tags) for n in request.nodes_of_group(config, self.group_uuid)}
        return {"CLUSTER_TAGS": " ".join(config.cluster.tags), **tags}

    def build_hooks_nodes(self) -> tuple[list[str], list[str]]:
        """Afterwards only, on the nodes of the group."""
        return [], [node.uuid for node in self.nodes]

    def _reporter(self, feedback: Feedback) -> Reporter:
        return Reporter(feedback, with_codes=self.op.error_codes, ignored=self.op.ignore_errors)

    def exec(self, feedback: Feedback) -> bool:
        """Report what is wrong; return whether nothing is."""
        reporter = self._reporter(feedback)
        config = self.snapshot()
        group = config.nodegroups[self.group_uuid]
        reporter.heading(f"Verifying group '{group.name}'")
        if not self.nodes:
            reporter.heading("Empty node group, skipping verification")
            return True
        expected = files.expectations(config.cluster, map(ssconf.key_file, ssconf_values(config)))
        gatherer = Gatherer(self, reporter, self.nodes, self.instances, with_clutter=self.op.verify_clutter)
        gathered = gatherer.gather(config, expected)
        checks = GroupChecks(self.op, reporter, config, self.nodes, self.instances, gathered)
        checks.check_files(expected)
        checks.check_nodes()
        checks.check_instances()
        checks.check_orphan_images(storage.image_paths(self.snapshot()))
        checks.check_memory()
        checks.assess()
        checks.close()
        return not reporter.has_failed

    def hooks_callback(self, phase: str, results: HookResults, feedback: Feedback, result: Any) -> Any:
        """Report hooks that failed; they make the verification fail."""
        if phase != c.HOOKS_PHASE_POST or not results:
            return result
        reporter = self._reporter(feedback)
        reporter.heading("Hooks Results")
        for node in results.values():
            if node.offline:
                continue
            if self.op.debug_simulate_errors:
                reporter.report(simulated.findings(simulated.HOOK_CODES, node.node_name))
            if node.failure is not None:
                text = f"Communication failure in hooks execution: {node.failure}"
                reporter.report([Finding(c.CV_ENODEHOOKS, node.node_name, text)])
            for script, status, output in node.scripts:
                if status == c.HKR_FAIL:
                    reporter.report([Finding(c.CV_ENODEHOOKS, node.node_name, f"Script {script} failed, output:")])
                    for line in output.splitlines():
                        reporter.line(f"      {line}")
        return bool(result) and not reporter.has_failed


class GroupChecks:
    """Runs the checks over what was gathered, in the order in which they are announced."""

    def __init__(
        self,
        op: opcodes.OpClusterVerifyGroup,
        reporter: Reporter,
        config: ConfigData,
        group_nodes: list[Node],
        group_instances: list[Instance],
        gathered: Gathered,
    ) -> None:
        self._op = op
        self._reporter = reporter
        self._config = config
        self._nodes = group_nodes
        self._instances = group_instances
        self._gathered = gathered
        self._running = {
            uuid: guests
            for uuid, answer in gathered.answers.items()
            if config.nodes[uuid].vm_capable and (guests := nodes.running_guests(answer)) is not None
        }

    def _report(self, *checks: Iterable[Finding]) -> None:
        for check in checks:
            self._reporter.report(check)

    def _simulate(self, codes: Any, item: str | None) -> None:
        if self._op.debug_simulate_errors:
            self._report(simulated.findings(codes, item))

    def check_files(self, expected: files.Expectations) -> None:
        """Check certificates and shared files."""
        config, gathered = self._config, self._gathered
        self._reporter.heading("Verifying configuration file consistency")
        certificates = list(nodes.check_client_certificates(config, gathered.answers, self._nodes))
        self._report(certificates)
        if certificates:
            self._reporter.line(_RENEW_HINT)
        if not gathered.is_settled:
            self._reporter.line("  - NOTICE: the configuration changes all the time, its copies were not compared.")
            expected = expected.without_config()
        compared = sorted((config.nodes[uuid] for uuid in gathered.checksums), key=lambda node: node.name)
        self._report(files.check_files(expected, compared, gathered.checksums))
        self._simulate(simulated.CLUSTER_CODES, None)

    def check_nodes(self) -> None:
        """Check each node by itself, its OS definitions against those of the first one, and its guests."""
        self._reporter.heading("Verifying node status")
        base: tuple[Node, oses.Definitions] | None = None
        for node in self._nodes:
            if node.offline:
                self._verbose(f"Skipping offline node {node.name}")
                continue
            self._verbose(f"Verifying node {node.name} ({_role_text(self._config, node)})")
            self._simulate(simulated.NODE_CODES, node.name)
            failure = self._gathered.failures.get(node.uuid)
            if failure is not None:
                self._report([Finding(c.CV_ENODERPC, node.name, f"while contacting node: {failure}")])
                continue
            answer = self._gathered.answers[node.uuid]
            self._report(*self._node_checks(node, answer))
            if node.vm_capable:
                own = oses.parse_definitions(answer.get(c.NV_OSLIST))
                if base is None and own is not None:
                    base = (node, own)
                self._report(oses.check_definitions(node, own, *(base or (node, {}))))
        self._report(self._disk_failures(), instances.check_location(self._config, self._running))
        self._report(instances.check_exclusion_tags(self._config, self._instances))

    def _node_checks(self, node: Node, answer: nodes.Answer) -> Iterator[Iterator[Finding]]:
        cluster, gathered = self._config.cluster, self._gathered
        master = self._config.nodes[cluster.master_node]
        yield nodes.check_version(node, answer)
        yield nodes.check_setup(node, answer)
        yield nodes.check_time(node, answer, gathered.started, gathered.ended)
        yield nodes.check_network(node, answer, master.name)
        yield nodes.check_scripts(node, answer)
        if node.master_candidate or node.master_capable:
            yield nodes.check_oob(node, answer)
        yield nodes.check_file_storage(node, answer, is_master=node.uuid == master.uuid)
        yield nodes.check_ssh(node, answer)
        if cluster.modify_ssh_setup:
            yield nodes.check_ssh_keys(node, answer, with_clutter=self._op.verify_clutter)
        if node.vm_capable:
            yield nodes.check_hypervisors(node, answer)
            yield nodes.check_live_data(node, answer)

    def _disk_failures(self) -> Iterator[Finding]:
        for uuid, reason in sorted(self._gathered.disk_failures.items()):
            name = self._config.nodes[uuid].name
            yield Finding(c.CV_ENODERPC, name, f"while getting disk information: {reason}")

    def check_instances(self) -> None:
        """Check each instance of the group."""
        config, gathered = self._config, self._gathered
        group = config.nodegroups[self._nodes[0].group]
        policy = group_policy(config.cluster, group)
        self._reporter.heading("Verifying instance status")
        for instance in self._instances:
            self._verbose(f"Verifying instance {instance.name}")
            self._simulate(simulated.INSTANCE_CODES, instance.name)
            used = [config.nodes[uuid] for uuid in nodes_of_instance(config, instance)]
            size, problems = size_of_instance(config, instance, used)
            self._report(
                instances.check_instance(config, instance, self._running, gathered.failures),
                instances.check_layout(config, instance),
                instances.check_exclusive_storage(config, instance),
                instances.check_policy(instance, [*violations(policy, size), *problems]),
                instances.check_disks(config, instance, gathered.disks),
            )

    def check_orphan_images(self, known_now: frozenset[str]) -> None:
        """Look for disk images without owner; *known_now* are the paths of all disks after the nodes were asked."""
        config, gathered = self._config, self._gathered
        self._reporter.heading("Verifying orphan volumes")
        for uuid, reason in sorted(gathered.image_failures.items()):
            text = f"cannot list disk images: {reason}"
            self._report([warning(c.CV_ENODERPC, config.nodes[uuid].name, text)])
        self._report(
            storage.check_orphan_images(
                self._nodes,
                gathered.images,
                storage.image_paths(config) | known_now,
                shared_directory=config.cluster.shared_file_storage_dir,
                has_other_groups=len(config.nodegroups) > 1,
                now=time.time(),
            )
        )

    def check_memory(self) -> None:
        """Check that the nodes can take over each other's instances."""
        if c.VERIFY_NPLUSONE_MEM in self._op.skip_checks:
            return
        self._reporter.heading("Verifying N+1 Memory redundancy")
        free = {
            uuid: memory
            for uuid, answer in self._gathered.answers.items()
            if (memory := nodes.free_memory(answer)) is not None
        }
        self._report(instances.check_n_plus_one(self._config, free))

    def assess(self) -> None:
        """Give advice about the cluster's hypervisor parameters."""
        if c.VERIFY_HVPARAM_ASSESSMENT in self._op.skip_checks:
            return
        cluster = self._config.cluster
        self._reporter.heading("Assessing cluster hypervisor parameters")
        for name in cluster.enabled_hypervisors:
            for advice in hvparams.assess(name, cluster.hvparams.get(name, {})):
                self._reporter.line(f"     {name}: {advice}")

    def close(self) -> None:
        """Print what is no error but good to know."""
        self._reporter.heading("Other Notes")
        for line in instances.notes(self._config, self._instances, self._nodes):
            self._reporter.line(line)

    def _verbose(self, text: str) -> None:
        if self._op.verbose:
            self._reporter.heading(text)


def _role_text(config: ConfigData, node: Node) -> str:
    if node.uuid == config.cluster.master_node:
        return "master"
    if node.master_candidate:
        return "master candidate"
    return "drained" if node.drained else "regular"
