"""Client library of the master daemon.

Scripts on the master node ask the master daemon for jobs and queries through ``Client``::

    from ganeti.luxi import Client

    with Client() as client:
        for name, status in client.query_instances([], ["name", "status"]):
            print(name, status)

``doc/luxi.rst`` tells the rest. What is not named here serves the program itself and may change.
"""

from ganeti.luxi.client import Client, FieldDefinition, JobChange, QueryAnswer, SubmitResult
from ganeti.luxi.errors import (
    ConnectionClosedError,
    LuxiPermissionError,
    LuxiTimeoutError,
    NoMasterError,
    OutcomeUnknownError,
    ProtocolError,
    RequestError,
)

__all__ = [
    "Client",
    "ConnectionClosedError",
    "FieldDefinition",
    "JobChange",
    "LuxiPermissionError",
    "LuxiTimeoutError",
    "NoMasterError",
    "OutcomeUnknownError",
    "ProtocolError",
    "QueryAnswer",
    "RequestError",
    "SubmitResult",
]
