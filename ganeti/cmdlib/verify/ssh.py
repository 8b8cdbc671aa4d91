"""Checks of SSH between nodes, for clusters that manage it."""

from collections.abc import Iterator

from ganeti import constants as c
from ganeti.cmdlib.verify.findings import Finding
from ganeti.cmdlib.verify.nodes import Answer
from ganeti.objects import Node


def check_ssh(node: Node, answer: Answer) -> Iterator[Finding]:
    """Check a node's key files, and the connections it made to others."""
    problems = answer.get(c.NV_SSH_SETUP)
    if problems is None:
        yield Finding(c.CV_ENODESSH, node.name, "node did not return the results of the check of its SSH keys")
    for problem in problems or ():
        yield Finding(c.CV_ENODESSH, node.name, problem)
    for problem in answer.get(c.NV_SSH_CLUTTER) or ():
        yield Finding(c.CV_ENODESSH, node.name, problem)
    failures = answer.get(c.NV_NODELIST)
    if failures is None:
        yield Finding(c.CV_ENODESSH, node.name, "node hasn't returned node ssh connectivity data")
        return
    for other, problem in sorted(failures.items()):
        yield Finding(c.CV_ENODESSH, node.name, f"ssh communication with node '{other}': {problem}")
