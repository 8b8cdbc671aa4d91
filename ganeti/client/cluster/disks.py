"""gnt-cluster verify-disks and repair-disk-sizes."""

import sys
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, NamedTuple

from ganeti import constants as c
from ganeti import opcodes
from ganeti.cli import submit
from ganeti.cli.invocation import Invocation
from ganeti.cli.jobs import JobExecutor, wait_for_result_jobs

#: The end of an error says more than its beginning.
_SHOWN: Final = 400


class Findings(NamedTuple):
    """What the jobs of all node groups found.

    Attributes:
      failures: by node UUID why it could not be asked.
      inactive: names of instances whose disks have to be activated.
      missing: by instance the (node UUID, volume or file) that do not exist.
    """

    failures: Mapping[str, str]
    inactive: Sequence[str]
    missing: Mapping[str, Sequence[Sequence[str]]]

    @property
    def to_activate(self) -> list[str]:
        """Instances whose disks can be activated: nothing of them is missing."""
        return [name for name in self.inactive if name not in self.missing]


def merged(results: Collection[Any]) -> Findings:
    """Return the results of all groups in one."""
    failures: dict[str, str] = {}
    inactive: list[str] = []
    missing: dict[str, Sequence[Sequence[str]]] = {}
    for bad_nodes, instances, missing_disks in results:
        failures.update(bad_nodes)
        inactive += [name for name in instances if name not in inactive]
        missing.update(missing_disks)
    return Findings(failures, inactive, missing)


def _warn(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def _report_failures(findings: Findings, names: Mapping[str, str]) -> None:
    for uuid, text in sorted(findings.failures.items()):
        _warn(f"Error gathering data on node {names.get(uuid, uuid)}: {text[-_SHOWN:]}")
    if findings.failures:
        _warn("Repair these nodes first, then verify the disks again.")


def _report_missing(findings: Findings, names: Mapping[str, str]) -> bool:
    """Print which disks are missing; tells whether there are any besides those of nodes that did not answer."""
    is_any = False
    for instance, disks in sorted(findings.missing.items()):
        if all(uuid in findings.failures for uuid, _ in disks):
            _warn(f"Instance {instance} cannot be verified, as its disks lie on nodes that do not answer")
            continue
        is_any = True
        print(f"Instance {instance} has missing disks:")
        for uuid, volume in disks:
            path = volume if volume.startswith("/") else f"/dev/{volume}"
            print(f"\t{names.get(uuid, uuid)} {path}")
    if is_any:
        _warn("Replace the disks of these instances or recreate them, see gnt-instance(8).")
    return is_any


def _activate(call: Invocation, instances: Sequence[str]) -> bool:
    """Activate the disks of instances by parallel jobs; tells whether that worked."""
    executor = JobExecutor(call)
    for name in instances:
        print(f"Activating disks for instance '{name}'")
        executor.add(name, opcodes.OpInstanceActivateDisks(instance_name=name))
    return all(outcome.success for outcome in executor.wait())


def verify(call: Invocation) -> int:
    """Find disks of instances that are not active or missing, and activate what can be."""
    options = call.options
    op = opcodes.OpClusterVerifyDisks(group_name=options.nodegroup, is_strict=not options.no_strict)
    outcomes = wait_for_result_jobs(call, submit.run_op(call, op))
    findings = merged([outcome.result[0] for outcome in outcomes if outcome.success])
    is_good = all(outcome.success for outcome in outcomes) and not findings.failures
    names: dict[str, str] = {}
    if findings.failures or findings.missing:
        names = {str(uuid): str(name) for uuid, name in call.client.query_nodes([], ["uuid", "name"])}
    _report_failures(findings, names)
    if findings.to_activate:
        is_good &= _activate(call, findings.to_activate)
    if _report_missing(findings, names):
        is_good = False
    if is_good and not findings.inactive:
        print("No disks need to be activated.")
    return c.EXIT_SUCCESS if is_good else c.EXIT_FAILURE


def repair_sizes(call: Invocation) -> int:
    """Correct the recorded sizes of disks."""
    submit.submit_or_run(call, opcodes.OpClusterRepairDiskSizes(instances=list(call.arguments)))
    return c.EXIT_SUCCESS
