"""confd on a running cluster: on which nodes it answers, and that it follows the configuration."""

import contextlib
import json
from collections.abc import Iterator
from typing import Any

from ganeti import buildcfg
from ganeti import constants as c
from ganeti.confd.client import ConfdClient
from ganeti.confd.wire import Reply
from test.cluster.virtual import VirtualCluster, running_cluster, wait_for

_TOOLS = buildcfg.TOOLSDIR


def _key(cluster: VirtualCluster) -> bytes:
    return (cluster.root() / "var/lib/ganeti/hmac.key").read_bytes()


@contextlib.contextmanager
def _client(cluster: VirtualCluster, *nodes: int) -> Iterator[ConfdClient]:
    peers = [cluster.layout.node_hosts[number].address for number in nodes]
    with ConfdClient(_key(cluster), peers) as client:
        yield client


def _ask(cluster: VirtualCluster, kind: int, query: Any = None, node: int = 0) -> Reply:
    with _client(cluster, node) as client:
        return client.ask(kind, query)


def test_every_candidate_knows_the_cluster(cluster: VirtualCluster) -> None:
    with _client(cluster, 0, 1, 2) as client:
        reply = client.ask(c.CONFD_REQ_CLUSTER_MASTER)
        assert (reply.status, reply.answer) == (c.CONFD_REPL_STATUS_OK, cluster.nodes[0])
    addresses = [host.address for host in cluster.layout.node_hosts]
    for node in range(3):
        assert sorted(_ask(cluster, c.CONFD_REQ_MC_PIP_LIST, node=node).answer) == sorted(addresses)
        assert _ask(cluster, c.CONFD_REQ_NODE_ROLE_BYNAME, cluster.nodes[0], node).answer == c.CONFD_NODE_ROLE_MASTER


def test_changes_are_visible_on_all_candidates_within_a_second(cluster: VirtualCluster) -> None:
    def tags(node: int) -> list[str]:
        return list(_ask(cluster, c.CONFD_REQ_CONFIG_QUERY, "/cluster/tags", node).answer)

    for verb, expected in (("add-tags", True), ("remove-tags", False)):
        cluster.run("gnt-cluster", verb, "seen-by-confd")
        for node in range(3):
            wait_for(lambda n=node, e=expected: ("seen-by-confd" in tags(n)) == e, "the tag", timeout_s=1.0)


def test_questions_are_answered_while_the_configuration_changes(cluster: VirtualCluster) -> None:
    with _client(cluster, 0) as client:
        serials = []
        for number in range(10):
            cluster.run("gnt-cluster", "add-tags", f"while-asked-{number}")
            for _ in range(20):
                reply = client.ask(c.CONFD_REQ_NODE_PIP_LIST, timeout_s=5)
                assert reply.status == c.CONFD_REPL_STATUS_OK
                serials.append(reply.serial)
    assert serials == sorted(serials)
    cluster.run("gnt-cluster", "remove-tags", *(f"while-asked-{number}" for number in range(10)))


def test_tools(cluster: VirtualCluster) -> None:
    address = cluster.layout.node_hosts[1].address
    assert "node role: OK" in cluster.lines(f"{_TOOLS}/confd-client", "-a", address, "-r", "5")
    assert cluster.lines("gnt-node", "list-drbd", cluster.nodes[1], node=2)[0].split()[0] == "Node"
    assert cluster.run("gnt-node", "list-drbd", "nowhere", node=2, check=False).exit_code == 1
    key = _key(cluster).decode().strip()
    query = (f"{_TOOLS}/query-config", "--hmac", key, "-a", address)
    assert cluster.lines(*query, "/cluster/cluster_name") == [f"/cluster/cluster_name\t{json.dumps(cluster.name)}"]
    assert cluster.run(*query, "/nothing", check=False).exit_code == 1
    assert cluster.run(*query, check=False).exit_code == 2


def test_confd_starts_and_stops_with_the_others(cluster: VirtualCluster) -> None:
    assert c.CONFD in cluster.daemon_util("list-start-daemons").stdout.split()
    cluster.daemon_util("stop", c.CONFD, node=2)
    assert cluster.daemon_util("check", c.CONFD, node=2, check=False).exit_code == 1
    cluster.daemon_util("start-all", node=2)
    assert cluster.daemon_util("check", c.CONFD, node=2).exit_code == 0
    assert _ask(cluster, c.CONFD_REQ_PING, node=2).answer == 3010000


def test_node_that_lost_its_role_answers_errors(virtual_nodes: VirtualCluster) -> None:
    running_cluster(virtual_nodes)
    virtual_nodes.run("gnt-cluster", "modify", "--candidate-pool-size=2")
    virtual_nodes.run("gnt-node", "modify", "-C", "no", virtual_nodes.nodes[2])

    def status() -> int:
        return _ask(virtual_nodes, c.CONFD_REQ_PING, node=2).status

    wait_for(lambda: status() == c.CONFD_REPL_STATUS_ERROR, "an error from the node without configuration")
    answer = _ask(virtual_nodes, c.CONFD_REQ_NODE_ROLE_BYNAME, virtual_nodes.nodes[2]).answer
    assert answer == c.CONFD_NODE_ROLE_REGULAR
