"""What Ganeti nodes have where: owner, group and mode of files and directories as the rest of the world knows them."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_RECORDED: Final = Path(__file__).with_name("recorded") / "files.json"
_ROOTS: Final = {"{localstatedir}": "/var", "{sysconfdir}": "/etc", "{root home}": "/root"}
#: Daemons that others were split from or merged into run under the account of the one that is left.
_MERGED: Final = {"luxid": "masterd", "wconfd": "masterd"}
_VARIABLE: Final = re.compile(r"\{[^}]*\}")


@dataclass(frozen=True)
class Fact:
    """One file or directory, or several if the path is a pattern; *owner* and *group* are roles or ``root``."""

    path: str
    kind: str
    mode: int
    owner: str
    group: str
    is_ensured: bool


def _filled(path: str) -> str:
    for name, directory in _ROOTS.items():
        path = path.replace(name, directory)
    return _VARIABLE.sub("*", path)


def file_facts() -> list[Fact]:
    """Return what has a mode of its own; what only daemons have that do not exist any more is left out."""
    return [
        Fact(
            _filled(entry["path"]),
            entry["kind"],
            int(entry["mode"], 8),
            _MERGED.get(entry["owner"], entry["owner"]),
            _MERGED.get(entry["group"], entry["group"]),
            entry["ensured_at_start"],
        )
        for entry in json.loads(_RECORDED.read_text(encoding="utf-8"))["entries"]
        if re.fullmatch("[0-7]{4}", entry["mode"] or "") and not entry.get("split_architecture_only")
    ]


def memberships() -> set[tuple[str, str]]:
    """Return pairs of the role of a user and of a group that it belongs to besides its own."""
    pairs = json.loads(_RECORDED.read_text(encoding="utf-8"))["memberships"]
    return {(user, group) for user, group in pairs}
