"""Names of requests: with them lines in the logs of nodes can be traced to a job of the master."""

import itertools
import re
import threading
from typing import Final

#: Header of the request. Nodes of other versions do not look at it.
HEADER: Final = "X-Ganeti-Request"
_CHARACTERS: Final = "A-Za-z0-9./_-"
_OTHERS: Final = re.compile(rf"[^{_CHARACTERS}]")
#: What a node writes into its log; anything else might look like a line of its own.
_FORM: Final = re.compile(rf"[{_CHARACTERS}]{{1,64}}")
_MAX_ORIGIN: Final = 40

_numbers: Final = itertools.count(1)


def new_request_id() -> str:
    """Return the name of one more request, after the thread that makes it: ``Jq3/Job42/I_STARTUP-1234``."""
    origin = _OTHERS.sub("_", threading.current_thread().name)[:_MAX_ORIGIN]
    return f"{origin}-{next(_numbers)}"


def readable_request_id(value: bytes | None) -> str:
    """Return the name in a header that a client sent, empty if there is none that can be written down."""
    text = (value or b"").decode("ascii", "replace")
    return text if _FORM.fullmatch(text) else ""
