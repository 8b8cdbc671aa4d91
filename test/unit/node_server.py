"""A real HTTPS server for node procedures on the loopback interface, with real certificates."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ganeti.http.server import HttpServer
from ganeti.http.tls import ContextSource
from ganeti.rpc.client import RpcClient
from ganeti.rpc.declaration import Procedure
from ganeti.rpc.identity import NodeIdentity
from ganeti.rpc.resolvers import StaticResolver
from ganeti.rpc.transport import NodeTransport
from ganeti.server.noded import NodeApplication
from ganeti.server.noded_access import CandidateAccess
from ganeti.ssconf import SsconfReader
from ganeti.utils import x509

ADDRESS = "127.0.0.1"
CERTS_FILE = "ssconf_master_candidates_certs"

Handlers = Mapping[Procedure[Any, Any], Callable[..., Any]]


@dataclass(frozen=True)
class Certificates:
    """Files of one node: the cluster's certificate, and the node's own with its digest."""

    server_pem: Path
    client_pem: Path
    digest: str


def make_certificates(directory: Path) -> Certificates:
    """Make the certificates of a new cluster."""
    server, client = directory / "server.pem", directory / "client.pem"
    x509.generate_cluster_certificate(str(server))
    digest = x509.generate_client_certificate(str(client), "node1.example.com", str(server))
    return Certificates(server, client, digest)


def copy_certificates(original: Certificates, directory: Path) -> Certificates:
    """Return the same certificates in files of their own, which a test may change."""
    server, client = directory / "server.pem", directory / "client.pem"
    shutil.copy(original.server_pem, server)
    shutil.copy(original.client_pem, client)
    return Certificates(server, client, original.digest)


def allow(directory: Path, *digests: str) -> None:
    """Make the certificates with these digests those of the master candidates."""
    lines = "".join(f"uuid{index}={digest}\n" for index, digest in enumerate(digests))
    temp = directory / "new"
    temp.write_text(lines)
    temp.rename(directory / CERTS_FILE)


@contextmanager
def node_server(certificates: Certificates, handlers: Handlers, *, max_calls: int = 4) -> Iterator[HttpServer]:
    """Run a server whose ssconf files are beside the certificates."""
    directory = certificates.server_pem.parent
    pem = str(certificates.server_pem)
    table = {procedure.name: (procedure, handler) for procedure, handler in handlers.items()}
    application = NodeApplication(CandidateAccess(SsconfReader(str(directory)), pem), table, lambda: None)
    server = HttpServer(application, ADDRESS, 0, ContextSource(pem, pem), max_calls=max_calls)
    server.prepare()
    server.start()
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def client_of(
    server: HttpServer, certificates: Certificates, addresses: Mapping[str, str], *, connect_timeout_s: float = 5.0
) -> Iterator[RpcClient]:
    """Give a client that knows nodes by these addresses."""
    identity = NodeIdentity(str(certificates.client_pem), str(certificates.server_pem))
    transport = NodeTransport(identity, port=server.port, connect_timeout_s=connect_timeout_s)
    client = RpcClient(StaticResolver(addresses), transport)
    try:
        yield client
    finally:
        client.close()
