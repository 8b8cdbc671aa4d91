"""The OS definition `busybox` for tests: its image, and its scripts run as a node runs them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

OS_DIR = Path(__file__).resolve().parents[2] / "os" / "busybox"
#: Image of the machine, or one of the environment's choice.
CACHE_VARIABLE = "GANETI_BUSYBOX_CACHE"


def prepared_cache() -> Path:
    """Build the guest's image if need be; gives its directory."""
    directory = Path(os.environ.get(CACHE_VARIABLE, "/var/cache/ganeti-busybox"))
    subprocess.run([str(OS_DIR / "prepare"), str(directory)], check=True, timeout=300)
    return directory


def run_script(
    script: str, cache: Path, *arguments: str, stdin: bytes = b"", **variables: str
) -> subprocess.CompletedProcess[bytes]:
    """Run a script with a clean environment."""
    environment = {"PATH": "/sbin:/bin:/usr/sbin:/usr/bin", "OSP_CACHE_DIR": str(cache), **variables}
    return subprocess.run(
        [str(OS_DIR / script), *arguments], env=environment, input=stdin, capture_output=True, timeout=60, check=False
    )
