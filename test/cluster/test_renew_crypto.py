"""New certificates and secrets on a running cluster, and its configuration in the format of another release."""

import hashlib

from test.cluster.virtual import VirtualCluster, running_cluster

SHARED = ("server.pem", "rapi.pem", "spice.pem", "spice-ca.pem", "hmac.key", "cluster-domain-secret")


def _digests(cluster: VirtualCluster, name: str) -> list[str]:
    """Return the digests of a file on all nodes."""
    paths = [cluster.root(node) / "var/lib/ganeti" / name for node in range(3)]
    return [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths]


def test_everything_is_new_and_the_cluster_goes_on(virtual_nodes: VirtualCluster) -> None:
    cluster = running_cluster(virtual_nodes)
    before = {name: _digests(cluster, name) for name in (*SHARED, "client.pem")}
    cluster.run(
        *("gnt-cluster", "renew-crypto", "-f", "--new-cluster-certificate", "--new-rapi-certificate"),
        *("--new-spice-certificate", "--new-confd-hmac-key", "--new-cluster-domain-secret"),
    )
    for name in SHARED:
        (digest,) = set(_digests(cluster, name))
        assert digest not in before[name]
    assert not set(_digests(cluster, "client.pem")) & set(before["client.pem"])
    certs = (cluster.root(2) / "var/lib/ganeti/ssconf_master_candidates_certs").read_text()
    assert "bootstrap" not in certs
    assert len(certs.splitlines()) == 3
    # Another candidate may call nodes with its new certificate: it can take over.
    cluster.run("gnt-cluster", "master-failover", node=1)
    cluster.run("gnt-cluster", "renew-crypto", "-f", "--new-node-certificates", node=1)
    findings = cluster.run("gnt-cluster", "verify", "--error-codes", node=1, check=False).stdout
    assert "ECLUSTERCLIENTCERT" not in findings
    assert "ENODERPC" not in findings

    _format_of_the_former_release(cluster)


def _format_of_the_former_release(cluster: VirtualCluster) -> None:
    """Take the configuration down by one version and up again while nothing runs (needs no cluster of its own)."""
    for node in range(3):
        cluster.daemon_util("stop-all", node=node)
    cluster.run("cfgupgrade", "-f", "--downgrade", node=1)
    for node in (0, 2):
        cluster.daemon_util("start-all", node=node)
    refused = cluster.daemon_util("start-all", node=1, check=False)
    assert "cfgupgrade" in refused.stderr
    cluster.daemon_util("stop-all", node=1)
    cluster.run("cfgupgrade", "-f", node=1)
    cluster.daemon_util("start-all", node=1)
    assert cluster.lines("gnt-node", "list", "--no-headers", "-o", "name", node=1) == list(cluster.nodes)
