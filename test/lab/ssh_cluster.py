"""A cluster of the lab's nodes that manages SSH, as an administrator makes and looks at it."""

import re
from dataclasses import dataclass
from typing import Final, NamedTuple

from ganeti.utils import sshkeys
from ganeti.utils.process import CmdResult
from test.cluster.virtual import IPOLICY, wait_for
from test.lab.nodes import CLUSTER, CLUSTER_IP, Lab, Node

_FINDING: Final = re.compile(r"- (ERROR|WARNING):(\w+):\w+:([^:]*):(.*)$")
#: A kernel without magic SysRq has no such file, and that kernel is the machine's.
_NO_SYSRQ: Final = "/proc/sysrq-trigger"
AUTHORIZED: Final = "/root/.ssh/authorized_keys"
PUBLIC_KEYS: Final = "/var/lib/ganeti/ganeti_pub_keys"
CONFIG: Final = "/var/lib/ganeti/config.data"


class Finding(NamedTuple):
    """An error or warning of the verification; *item* is the short name of a node, or "None" for the cluster."""

    code: str
    item: str
    text: str


@dataclass
class SshCluster:
    """The cluster; *master* is the node on which commands run."""

    lab: Lab
    master: Node

    def run(self, *words: str, check: bool = True) -> CmdResult:
        """Run a program on the master."""
        return self.lab.run(self.master, *words, check=check)

    def init(self, *options: str) -> None:
        """Create the cluster on the master, and wait until its address is there."""
        self.run(
            *("gnt-cluster", "init", "--master-netdev=br0", "--enabled-hypervisors=fake"),
            *("--enabled-disk-templates=diskless", IPOLICY, *options, CLUSTER),
        )
        self.wait_for_address(self.master)

    def wait_for_address(self, node: Node) -> None:
        """Wait until a node has the address of the cluster."""
        wait_for(lambda: has_address(self.lab, node, CLUSTER_IP), f"{CLUSTER_IP} on {node.name}", timeout_s=30.0)

    def add(self, node: Node, *options: str) -> CmdResult:
        """Add a node on which the key of the master was installed by hand."""
        admit(node, own_key(self.master))
        return self.run("gnt-node", "add", "--no-ssh-key-check", *options, node.name)

    def uuid(self, node: Node) -> str:
        """Return the UUID of a node."""
        return self.run("gnt-node", "list", "--no-headers", "-o", "uuid", node.name).stdout.strip()

    def role(self, node: Node) -> str:
        """Return the role of a node as one letter."""
        return self.run("gnt-node", "list", "--no-headers", "-o", "role", node.name).stdout.strip()

    def findings(self, *options: str) -> list[Finding]:
        """Verify the cluster; return what it reports, sorted."""
        result = self.run("gnt-cluster", "verify", "--error-codes", *options, check=False)
        found = [match for line in result.stdout.splitlines() if (match := _FINDING.search(line))]
        assert found or not result.failed, result.output
        return sorted(Finding(m[2], m[3].partition(".")[0], m[4]) for m in found if _NO_SYSRQ not in m[4])


def has_address(lab: Lab, node: Node, address: str) -> bool:
    """Tell whether a node has an address."""
    return f" {address}/" in lab.run(node, "ip", "-oneline", "addr").stdout


def own_key(node: Node, kind: str = "rsa") -> str:
    """Return the public key of root on a node."""
    return node.read(f"/root/.ssh/id_{kind}.pub").strip()


def admit(node: Node, key: str) -> None:
    """Let the owner of a key log in to a node as root."""
    path = node.path(AUTHORIZED)
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    path.write_text(sshkeys.with_keys(text, [key]), encoding="utf-8")
    path.chmod(0o600)


def admitted(node: Node) -> list[str]:
    """Return the keys that may log in to a node, each as (type and blob), in the order of the file."""
    return [" ".join(line.split()[:2]) for line in node.read(AUTHORIZED).splitlines()]


def blob(key: str) -> str:
    """Return a key without its comment."""
    return " ".join(key.split()[:2])


def listed(node: Node) -> dict[str, list[str]]:
    """Return the keys that a node lists, without comments, by the UUIDs of nodes."""
    known = sshkeys.parse_public_keys(node.read(PUBLIC_KEYS))
    return {uuid: [blob(key) for key in keys] for uuid, keys in known.items()}
