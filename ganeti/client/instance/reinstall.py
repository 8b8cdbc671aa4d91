"""gnt-instance reinstall: install the operating system of stopped instances again."""

import sys
from typing import Final

from ganeti import constants as c
from ganeti import errors, opcodes
from ganeti.cli import confirm, output
from ganeti.cli.invocation import Invocation
from ganeti.client.instance import parameters, selection

_ABORT: Final = "x"
_WARNING: Final = " ALL DATA on their disks will be lost."


def _select_os(call: Invocation) -> str | None:
    """Let the user choose an operating system; None if the user gives up."""
    from ganeti.client.os.show import usable_names

    names = usable_names(call)
    if not names:
        raise errors.OpPrereqError("No operating system can be installed", c.ECODE_STATE)
    print("Available operating systems:")
    rows = [[str(number), name] for number, name in enumerate(names)]
    columns = [output.Column("Number", is_right_aligned=True), output.Column("OS")]
    output.print_lines(output.format_table(rows, columns, header=True, separator=None))
    while True:
        print(f"Number of the operating system ({_ABORT} aborts): ", end="", flush=True)
        line = sys.stdin.readline()
        answer = line.strip()
        if not line or answer == _ABORT:
            print("Aborted, nothing was changed")
            return None
        if answer.isascii() and answer.isdigit() and int(answer) < len(names):
            return names[int(answer)]
        print(f"'{answer}' is none of the numbers")


def _is_confirmed(call: Invocation, names: list[str], *, is_multi: bool) -> bool:
    """Ask before data is lost; several instances need their own option to skip the question."""
    options = call.options
    if is_multi:
        return options.force_multi or selection.confirm_operation(names, "reinstall", warning=_WARNING)
    if options.force or options.force_multi:
        return True
    return confirm.confirm(f"Instance {names[0]} will be reinstalled, ALL DATA on its disks will be lost. Continue?")


def run(call: Invocation) -> int:
    """Install the operating system of instances again."""
    options = call.options
    names, is_multi = selection.select(call)
    os_type: str | None = options.os
    if options.select_os:
        os_type = _select_os(call)
        if os_type is None:
            return c.EXIT_FAILURE
    if not _is_confirmed(call, names, is_multi=is_multi):
        return c.EXIT_FAILURE

    def build(name: str) -> opcodes.OpCode:
        return opcodes.OpInstanceReinstall(
            instance_name=name,
            os_type=os_type,
            force_variant=options.force_variant,
            osparams=options.osparams or None,
            osparams_private=options.osparams_private or None,
            osparams_secret=parameters.secrets(options.osparams_secret),
        )

    return selection.run_jobs(call, names, build, is_multi=is_multi)
