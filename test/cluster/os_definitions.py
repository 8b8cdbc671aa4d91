"""OS definitions made for tests; virtual nodes search for them where real ones do."""

import contextlib
import shutil
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

_DIRECTORY: Final = Path("/srv/ganeti/os")
_QUIET: Final = "#!/bin/sh\nexit 0\n"


@contextlib.contextmanager
def os_definition(name: str, files: Mapping[str, str | None] | None = None) -> Iterator[Path]:
    """Give the directory of an OS whose scripts do nothing; *files* replaces files, None leaves one out."""
    contents: dict[str, str | None] = {
        "ganeti_api_version": "20\n",
        "parameters.list": "size the size\n",
        **dict.fromkeys(("create", "export", "import", "rename", "verify"), _QUIET),
        **(files or {}),
    }
    made = [path for path in (_DIRECTORY.parent, _DIRECTORY) if not path.exists()]
    path = _DIRECTORY / name
    path.mkdir(parents=True)
    try:
        for file_name, content in contents.items():
            if content is not None:
                (path / file_name).write_text(content)
                (path / file_name).chmod(stat.S_IRWXU if content.startswith("#!") else stat.S_IRUSR)
        yield path
    finally:
        shutil.rmtree(path)
        for directory in reversed(made):
            with contextlib.suppress(OSError):
                directory.rmdir()
