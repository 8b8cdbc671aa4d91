"""check-cert-expired: succeed if a certificate has expired (or is not valid yet).

Made for scripts that renew certificates: exit code 0 asks for a new one; 1 means valid, unreadable or wrong usage.
"""

import sys
from collections.abc import Sequence

from ganeti.tools.common import ToolError, run_tool
from ganeti.utils import x509


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program."""
    words = list(sys.argv[1:] if argv is None else argv)

    def action() -> int:
        if len(words) != 1:
            raise ToolError("Usage: check-cert-expired CERTIFICATE")
        try:
            problem = x509.check_validity(x509.load_certificate(words[0]))
        except ValueError as err:
            raise ToolError(f"{words[0]} holds no certificate: {err}") from err
        if problem is None:
            return 1
        severity, text = problem
        print(f"{words[0]}: {text}", file=sys.stderr)
        return 0 if severity is x509.Severity.ERROR else 1

    return run_tool("check-cert-expired", action)
