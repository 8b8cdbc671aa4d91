"""What the client does to its connections."""

import socket
import time

import pytest

from ganeti.http.client import HttpPool, HttpRequest, TransferError


def test_a_request_that_timed_out_cannot_arrive_later() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        pool = HttpPool()
        try:
            address = f"http://127.0.0.1:{server.getsockname()[1]}/x"
            request = HttpRequest(
                address, b"vote", timeout_s=0.3, connect_timeout_s=5.0, identity=None, is_repeatable=False
            )
            with pytest.raises(TransferError):
                pool.submit(request).result(10)
        finally:
            pool.close()
        connection, _ = server.accept()
        with connection, pytest.raises(ConnectionResetError):
            # A connection that ended as usual would give an empty chunk.
            while connection.recv(4096):
                pass
            pytest.fail("the kernel would have gone on to deliver the request")


def test_waiting_for_its_turn_is_a_part_of_the_time_of_a_request() -> None:
    with socket.create_server(("127.0.0.1", 0)) as first, socket.create_server(("127.0.0.1", 0)) as second:
        pool = HttpPool(max_connecting=1)
        try:
            begin = time.monotonic()
            # TLS handshakes that nobody answers: the second one begins when the first one has ended.
            futures = [
                pool.submit(
                    HttpRequest(
                        f"https://127.0.0.1:{server.getsockname()[1]}/x",
                        b"",
                        timeout_s=limit_s,
                        connect_timeout_s=5.0,
                        identity=None,
                        is_repeatable=False,
                    )
                )
                for server, limit_s in ((first, 0.5), (second, 0.8))
            ]
            for future in futures:
                with pytest.raises(TransferError):
                    future.result(10)
            assert time.monotonic() - begin < 1.2
        finally:
            pool.close()
