"""Another version of the software for tests: the same source with another number."""

import re
import shutil
from pathlib import Path
from typing import Final

from ganeti import constants as c

SOURCE: Final = Path(__file__).resolve().parents[1]
_PARTS: Final = ("build-aux", "daemons", "ganeti", "man", "os", "tools", "setup.py")


def made_up_version(directory: Path, minor: int) -> Path:
    """Copy the source tree to *directory* and give it the minor version *minor*; returns the directory."""
    directory.mkdir(parents=True)
    for name in _PARTS:
        source = SOURCE / name
        if source.is_dir():
            ignore = shutil.ignore_patterns("__pycache__")
            shutil.copytree(source, directory / name, symlinks=True, ignore=ignore)
        else:
            shutil.copy2(source, directory / name)
    versions = directory / "ganeti/constants/versions.py"
    text = versions.read_text(encoding="utf-8")
    for name, value in (
        ("DIR_VERSION", f'"{c.VERSION_MAJOR}.{minor}"'),
        ("RELEASE_VERSION", f'"{c.VERSION_MAJOR}.{minor}.0"'),
        ("VERSION_MINOR", str(minor)),
        ("VERSION_REVISION", "0"),
    ):
        text, count = re.subn(rf"^{name}: Final = .*$", f"{name}: Final = {value}", text, flags=re.MULTILINE)
        assert count == 1, name
    versions.write_text(text, encoding="utf-8")
    return directory
