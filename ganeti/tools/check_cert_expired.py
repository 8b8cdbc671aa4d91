"""check-cert-expired: succeed if a certificate has expired.

Made for scripts that throw away or renew certificates: exit code 0 means that its time is over; 1 means valid (if only
for an hour: some certificates are made for a day), unreadable or wrong usage.
"""

import sys
from collections.abc import Sequence
from typing import Final

from ganeti.tools.common import ToolError, run_tool
from ganeti.utils import x509

#: For the dump of the interface.
POSITIONAL: Final = ("certificate-path",)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program."""
    words = list(sys.argv[1:] if argv is None else argv)

    def action() -> int:
        if len(words) != 1:
            raise ToolError("Usage: check-cert-expired CERTIFICATE")
        try:
            is_expired = x509.is_expired(x509.load_certificate(words[0]))
        except ValueError as err:
            raise ToolError(f"{words[0]} holds no certificate: {err}") from err
        return 0 if is_expired else 1

    return run_tool("check-cert-expired", action)
