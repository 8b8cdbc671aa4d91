"""dump-interface: print what the program offers, read from its live declarations, as one JSON document.

The document has one key per part of the interface; each has the schema of the reference table of that name.
"""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec

from ganeti import constants as c
from ganeti.tools.dump import commands, facts, operations, transport

SECTIONS: Final[Mapping[str, Callable[[], dict[str, Any]]]] = {
    "opcodes": operations.opcodes,
    "constants": facts.constant_groups,
    "hvparams": facts.hypervisor_parameters,
    "query_fields": facts.query_fields,
    "cli": commands.command_line,
    "rpc": transport.calls,
    "ssconf": facts.ssconf_keys,
    "files": facts.files,
    "hooks_env": operations.hooks,
    "errors": facts.error_classes,
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program."""
    parser = argparse.ArgumentParser(prog="dump-interface", description=__doc__)
    parser.add_argument("section", nargs="*", choices=[[], *SECTIONS], help="only these parts")
    options = parser.parse_args(argv)
    wanted = options.section or list(SECTIONS)
    document = {"version": c.RELEASE_VERSION, **{name: SECTIONS[name]() for name in wanted}}
    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n")
    return 0
