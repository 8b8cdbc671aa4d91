"""Measure how many questions a second confd answers; runs on a node (in its environment) and prints JSON.

Each client asks one question, waits for the answer, asks the next one. Questions are prepared beforehand and answers
are not decoded, so that the server is measured and not the client.
"""

import json
import multiprocessing
import socket
import sys
import time
from multiprocessing.queues import SimpleQueue

from ganeti import constants as c
from ganeti.confd import wire
from ganeti.confd.client import read_key
from ganeti.confd.wire import HmacKey, Request
from ganeti.ssconf import SsconfReader
from ganeti.utils import net

_SECONDS = 3.0
_PREPARED = 1000
_BATCH = 50


def _questions(key: HmacKey) -> list[bytes]:
    """Return different questions of the kinds that are asked often."""
    nodes = SsconfReader().node_list()
    now = time.time()
    requests = []
    for number in range(_PREPARED):
        kinds = (
            (c.CONFD_REQ_NODE_ROLE_BYNAME, nodes[number % len(nodes)]),
            (c.CONFD_REQ_CLUSTER_MASTER, None),
            (c.CONFD_REQ_NODE_PIP_LIST, None),
            (c.CONFD_REQ_PING, None),
        )
        kind, query = kinds[number % len(kinds)]
        requests.append(Request(type=kind, query=query, rsalt=f"{number:036d}"))
    return [wire.pack_request(request, now, key) for request in requests]


def _client(address: str, key: bytes, results: "SimpleQueue[float]") -> None:
    datagrams = _questions(HmacKey(key))
    with socket.socket(net.family_of(address), socket.SOCK_DGRAM) as sock:
        sock.connect((address, net.daemon_port(c.CONFD)))
        sock.settimeout(5)
        count = 0
        start = time.perf_counter()
        while time.perf_counter() - start < _SECONDS:
            for number in range(count, count + _BATCH):
                sock.send(datagrams[number % _PREPARED])
                sock.recv(c.MAX_UDP_DATA_SIZE)
            count += _BATCH
        results.put(count / (time.perf_counter() - start))


def queries_per_s(address: str, clients: int) -> float:
    """Return how many questions of so many clients at the same time are answered each second."""
    results: SimpleQueue[float] = multiprocessing.SimpleQueue()
    key = read_key()
    processes = [multiprocessing.Process(target=_client, args=(address, key, results)) for _ in range(clients)]
    for process in processes:
        process.start()
    total = sum(results.get() for _ in processes)
    for process in processes:
        process.join()
    return total


def main() -> None:
    """Print the figures."""
    address = SsconfReader().node_primary_ips()[net.own_hostname()]
    json.dump({f"{clients} clients": queries_per_s(address, clients) for clients in (1, 8)}, sys.stdout)


if __name__ == "__main__":
    main()
