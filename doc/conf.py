"""Settings of the documentation."""

import re
from pathlib import Path

_VERSIONS = Path(__file__).resolve().parent.parent / "ganeti" / "constants" / "versions.py"
_FOUND = re.search(r'^RELEASE_VERSION: Final = "([^"]+)"', _VERSIONS.read_text(encoding="utf-8"), re.MULTILINE)

project = "Ganeti"
copyright = "the authors"  # noqa: A001  # the name that Sphinx reads
release = version = _FOUND.group(1) if _FOUND else ""
extensions: list[str] = []
exclude_patterns = ["_build"]
html_theme = "alabaster"
html_theme_options = {"description": "Cluster manager for virtual machines"}
