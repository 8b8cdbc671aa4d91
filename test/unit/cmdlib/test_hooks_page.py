"""The manual page about hooks knows all operations that run some."""

import re
from pathlib import Path

from ganeti import constants as c
from ganeti.cmdlib import registry
from ganeti.cmdlib.base import LU_BY_OPCODE

PAGE = Path(__file__).parents[3] / "man" / "ganeti-hooks.rst"


def test_every_hooks_path_is_described() -> None:
    registry.load_all()
    paths = {unit.HPATH for unit in LU_BY_OPCODE.values()} - {None}
    # The variables of such a row are those of the operation, so a path alone on a line would be no description.
    described = set(re.findall(r"^``([a-z-]+)``,? ", PAGE.read_text(encoding="utf-8"), re.MULTILINE))
    assert c.HOOKS_NAME_CFGUPDATE in PAGE.read_text(encoding="utf-8")
    assert len(paths) > 20
    assert paths <= described
