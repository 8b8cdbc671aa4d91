"""The list of exports on a node."""

from pathlib import Path

import pytest

from ganeti.backend.base import RPCFail
from ganeti.backend.exports import export_list


def test_visible_entries_are_exports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ganeti.pathutils.EXPORT_DIR", str(tmp_path / "export"))
    with pytest.raises(RPCFail, match="No exports directory"):
        export_list()
    for name in ("web2", "web1.new", ".hidden"):
        (tmp_path / "export" / name).mkdir(parents=True)
    assert export_list() == ["web1.new", "web2"]
