"""Checks of what a node says about itself."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from ganeti import constants as c
from ganeti.cmdlib.verify.findings import WARNING, Finding, warning
from ganeti.objects import ConfigData, Node

#: What a node answered to ``node_verify``, by check.
Answer = Mapping[str, Any]


def check_version(node: Node, answer: Answer) -> Iterator[Finding]:
    """Check the protocol (error) and the software (warning) of a node."""
    found = answer.get(c.NV_VERSION)
    if not (isinstance(found, (list, tuple)) and len(found) == 2):
        yield Finding(c.CV_ENODERPC, node.name, "node did not report its version")
        return
    protocol, release = found
    if protocol != c.PROTOCOL_VERSION:
        text = f"incompatible protocol versions: master {c.PROTOCOL_VERSION}, node {protocol}"
        yield Finding(c.CV_ENODEVERSION, node.name, text)
    elif release != c.RELEASE_VERSION:
        text = f"software version mismatch: master {c.RELEASE_VERSION}, node {release}"
        yield warning(c.CV_ENODEVERSION, node.name, text)


def check_hypervisors(node: Node, answer: Answer) -> Iterator[Finding]:
    """Check the hypervisors' own tests and the parameters that were tried on the node."""
    if c.NV_HYPERVISOR not in answer or c.NV_HVPARAMS not in answer:
        yield Finding(c.CV_ENODEHV, node.name, "node could not check its hypervisors, see the log of its daemon")
    for name, problem in sorted((answer.get(c.NV_HYPERVISOR) or {}).items()):
        if problem is not None:
            yield Finding(c.CV_ENODEHV, node.name, f"hypervisor {name} verify failure: '{problem}'")
    for source, name, problem in answer.get(c.NV_HVPARAMS) or ():
        text = f"hypervisor {name} parameter verify failure (source {source}): {problem}"
        yield Finding(c.CV_ENODEHV, node.name, text)


def running_guests(answer: Answer) -> list[str] | None:
    """Return the names of the guests on a node, None if it could not tell."""
    found = answer.get(c.NV_INSTANCELIST)
    return list(found) if isinstance(found, (list, tuple)) else None


def free_memory(answer: Answer) -> int | None:
    """Return the free memory of a node in MiB, None if it could not tell."""
    found = answer.get(c.NV_HVINFO)
    free = found.get("memory_free") if isinstance(found, Mapping) else None
    return free if isinstance(free, int) else None


def check_live_data(node: Node, answer: Answer) -> Iterator[Finding]:
    """Check that the node could tell which guests it runs and what its resources are."""
    if running_guests(answer) is None:
        text = f"node could not list its instances: {answer.get(c.NV_INSTANCELIST) or 'no data'}"
        yield Finding(c.CV_ENODEHV, node.name, text)
    if not isinstance(answer.get(c.NV_HVINFO), Mapping):
        yield Finding(c.CV_ENODEHV, node.name, f"node returned no resources: {answer.get(c.NV_HVINFO) or 'no data'}")
    elif free_memory(answer) is None:
        yield Finding(c.CV_ENODERPC, node.name, "node returned invalid numbers about its resources, check hypervisor")


def check_setup(node: Node, answer: Answer) -> Iterator[Finding]:
    """Check the set-up of the operating system of the node."""
    for problem in answer.get(c.NV_NODESETUP, ["no data"]) or ():
        yield Finding(c.CV_ENODESETUP, node.name, f"node setup error: {problem}")


def check_time(node: Node, answer: Answer, started: float, ended: float) -> Iterator[Finding]:
    """Check the node's clock against the time of the call (Unix seconds)."""
    found = answer.get(c.NV_TIME)
    try:
        seconds, microseconds = found  # type: ignore[misc]
        node_time = seconds + microseconds / 1e6
    except (TypeError, ValueError):
        yield Finding(c.CV_ENODETIME, node.name, "node returned invalid time")
        return
    if node_time < started - c.NODE_MAX_CLOCK_SKEW:
        difference = started - node_time
    elif node_time > ended + c.NODE_MAX_CLOCK_SKEW:
        difference = node_time - ended
    else:
        return
    yield Finding(c.CV_ENODETIME, node.name, f"node time diverges by at least {difference:.1f}s from master node time")


def check_network(node: Node, answer: Answer, master_name: str) -> Iterator[Finding]:
    """Check that the node reaches the other nodes, the master IP address, and has the bridges it needs."""
    unreachable = answer.get(c.NV_NODENETTEST)
    if unreachable is None:
        yield Finding(c.CV_ENODENET, node.name, "node has not returned the results of its network test")
    else:
        for other, problem in sorted(unreachable.items()):
            yield Finding(c.CV_ENODENET, node.name, f"tcp communication with node '{other}': {problem}")
    if answer.get(c.NV_MASTERIP) is False:
        whose = (
            "the master node cannot reach the master IP" if node.name == master_name else "cannot reach the master IP"
        )
        yield Finding(c.CV_ENODENET, node.name, whose)
    missing = answer.get(c.NV_BRIDGES)
    if missing:
        yield Finding(c.CV_ENODENET, node.name, f"missing bridges: {', '.join(sorted(missing))}")


def check_ssh(node: Node, answer: Answer) -> Iterator[Finding]:
    """Check the connections that a node made by SSH."""
    failures = answer.get(c.NV_NODELIST)
    if failures is None:
        yield Finding(c.CV_ENODESSH, node.name, "node hasn't returned node ssh connectivity data")
    for other, problem in sorted((failures or {}).items()):
        yield Finding(c.CV_ENODESSH, node.name, f"ssh communication with node '{other}': {problem}")


def check_ssh_keys(node: Node, answer: Answer, *, with_clutter: bool) -> Iterator[Finding]:
    """Check root's SSH keys on a node; for clusters that manage them."""
    for key in (c.NV_SSH_SETUP, *([c.NV_SSH_CLUTTER] if with_clutter else [])):
        problems = answer.get(key)
        if problems is None:
            yield Finding(c.CV_ENODESSH, node.name, f"node hasn't returned the result of the check '{key}'")
        for problem in problems or ():
            yield Finding(c.CV_ENODESSH, node.name, problem)


def check_scripts(node: Node, answer: Answer) -> Iterator[Finding]:
    """Check programs of the site."""
    broken = answer.get(c.NV_USERSCRIPTS)
    if broken:
        text = f"user scripts not present or not executable: {', '.join(sorted(broken))}"
        yield Finding(c.CV_ENODEUSERSCRIPTS, node.name, text)


def check_oob(node: Node, answer: Answer) -> Iterator[Finding]:
    """Check the out-of-band programs."""
    for problem in answer.get(c.NV_OOB_PATHS) or ():
        if problem:
            yield Finding(c.CV_ENODEOOBPATH, node.name, problem)


_STORAGE_DIRS: Final = (
    (c.NV_FILE_STORAGE_PATH, c.CV_ENODEFILESTORAGEPATHUNUSABLE, "file"),
    (c.NV_SHARED_FILE_STORAGE_PATH, c.CV_ENODESHAREDFILESTORAGEPATHUNUSABLE, "shared file"),
    (c.NV_GLUSTER_STORAGE_PATH, c.CV_ENODEGLUSTERSTORAGEPATHUNUSABLE, "Gluster"),
)


def check_file_storage(node: Node, answer: Answer, *, is_master: bool) -> Iterator[Finding]:
    """Check the directories for disk images, and on the master the list of allowed ones."""
    forbidden = answer.get(c.NV_ACCEPTED_STORAGE_PATHS)
    if is_master and forbidden:
        for path in sorted(forbidden):
            yield Finding(c.CV_ENODEFILESTORAGEPATHS, node.name, f"found forbidden file storage path: {path}")
    elif not is_master and forbidden:
        yield Finding(c.CV_ENODEFILESTORAGEPATHS, node.name, "node answered a check of file storage paths unasked")
    for key, code, kind in _STORAGE_DIRS:
        if key in answer:
            yield Finding(code, node.name, f"the configured {kind} storage path is unusable: {answer[key]}")


def check_client_certificates(
    config: ConfigData, answers: Mapping[str, Answer], nodes: Iterable[Node]
) -> Iterator[Finding]:
    """Check that each candidate uses the certificate that is on the list, and nobody else does."""
    certs = {uuid: digest for uuid, digest in config.cluster.candidate_certs.items() if uuid != c.CRYPTO_BOOTSTRAP}
    if not certs:
        text = "the list of master candidate certificates is empty"
        yield Finding(c.CV_ECLUSTERCLIENTCERT, None, text)
        return
    owner_of = {digest: uuid for uuid, digest in certs.items()}
    if len(owner_of) < len(certs):
        yield Finding(c.CV_ECLUSTERCLIENTCERT, None, "several master candidates have the same certificate")
    for node in nodes:
        if node.uuid not in answers:
            continue
        found = answers[node.uuid].get(c.NV_CLIENT_CERT)
        if not (isinstance(found, (list, tuple)) and len(found) == 2):
            problem: str | None = f"node {node.name} did not report its client certificate"
        elif found[0] == WARNING:
            yield warning(c.CV_ECLUSTERCLIENTCERT, None, f"client certificate of node {node.name}: {found[1]}")
            continue
        elif found[0] is not None:
            problem = f"client certificate of node {node.name} failed validation: {found[1]}"
        else:
            problem = _digest_problem(config, node, found[1], owner_of)
        if problem:
            yield Finding(c.CV_ECLUSTERCLIENTCERT, None, problem)


def _digest_problem(config: ConfigData, node: Node, digest: str, owner_of: Mapping[str, str]) -> str | None:
    """Return what is wrong with the digest of a valid certificate; *owner_of*: digest to UUID of the listed owner."""
    expected = config.cluster.candidate_certs.get(node.uuid)
    owner = config.nodes.get(owner_of.get(digest, node.uuid))
    if owner is not None and owner.uuid != node.uuid:
        return f"node {node.name} uses the client certificate of {owner.name}"
    if node.master_candidate and expected is None:
        return f"master candidate {node.name} is not on the list of candidate certificates"
    if node.master_candidate and digest != expected:
        return f"client certificate of node {node.name} has digest {digest}, expected is {expected}"
    if not node.master_candidate and expected is not None:
        return f"node {node.name} is no master candidate but on the list of candidate certificates"
    return None
