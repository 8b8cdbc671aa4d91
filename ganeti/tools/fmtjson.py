"""fmtjson: print JSON so that people can read and compare it.

Reads standard input; the output is indented by two blanks, with sorted keys.
"""

import json
import sys
from collections.abc import Sequence
from typing import Final

from ganeti.tools.common import ToolError, run_tool

_INDENT: Final = 2

#: For the dump of the interface.
POSITIONAL: Final = ()


def formatted(text: str) -> str:
    """Return JSON in its readable form, with a newline at its end; raises ToolError if *text* is none."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as err:
        raise ToolError(f"standard input is not JSON: {err}") from err
    return json.dumps(value, indent=_INDENT, sort_keys=True) + "\n"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program."""
    words = list(sys.argv[1:] if argv is None else argv)

    def action() -> int:
        if words:
            raise ToolError("Usage: fmtjson < INPUT > OUTPUT")
        try:
            text = sys.stdin.buffer.read().decode("utf-8")
        except UnicodeDecodeError as err:
            raise ToolError(f"standard input is not JSON: {err}") from err
        sys.stdout.write(formatted(text))
        return 0

    return run_tool("fmtjson", action)
