"""Stop a demo cluster, in whatever state it is, and remove its directory."""

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

from ganeti.tools.common import ToolError
from ganeti.tools.demo.screen import Screen
from ganeti.tools.vcluster_layout import SETTINGS_FILE
from ganeti.utils.process import run_cmd


def _guest_processes(directory: str) -> Iterator[int]:
    """Yield the emulators that instances of this cluster left behind."""
    marker = os.fsencode(f"{directory}/")
    for path in Path(directory).glob("*/var/run/ganeti/kvm-hypervisor/pid/*"):
        try:
            pid = int(path.read_text().split()[0])
            cmdline = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, ValueError, IndexError):
            continue
        # The number may belong to another process by now.
        if marker in cmdline:
            yield pid


def stop(directory: str, screen: Screen) -> bool:
    """Stop everything that runs in *directory* and remove it; tell whether there was anything.

    Raises ToolError if the directory holds something else, or a daemon does not stop.
    """
    if not os.path.exists(directory):
        return False
    if not os.path.exists(f"{directory}/{SETTINGS_FILE}"):
        if not os.listdir(directory):
            return False
        raise ToolError(f"{directory} exists and is not a virtual cluster: remove it or choose another directory")
    screen.step(f"Stopping the virtual cluster in {directory}")
    result = run_cmd([f"{directory}/stop-all"], timeout_s=300.0)
    if result.failed:
        raise ToolError(f"{directory}/stop-all: {result.fail_reason}\n{result.output.strip()}")
    for pid in _guest_processes(directory):
        screen.note(f"ending the emulator with process id {pid}")
        os.kill(pid, signal.SIGKILL)
    shutil.rmtree(directory)
    return True
