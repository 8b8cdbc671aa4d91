"""The marked block in /etc/hosts."""

from pathlib import Path

import pytest

from ganeti.tools import hosts_block
from ganeti.tools.common import ToolError

OWN = "127.0.0.1 localhost\n# mine\n"


def test_putting_twice_and_removing_gives_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "hosts"
    path.write_text(OWN)
    hosts_block.put(str(path), "a", "192.0.2.1\tx\n")
    once = path.read_text()
    hosts_block.put(str(path), "a", "192.0.2.1\tx\n")
    assert path.read_text() == once
    hosts_block.remove(str(path), "a")
    assert path.read_text() == OWN


def test_blocks_of_two_clusters_do_not_mix(tmp_path: Path) -> None:
    path = tmp_path / "hosts"
    path.write_text(OWN)
    hosts_block.put(str(path), "a", "192.0.2.1\tx\n")
    hosts_block.put(str(path), "b", "192.0.2.2\ty\n")
    hosts_block.remove(str(path), "a")
    assert "192.0.2.2\ty" in path.read_text()
    assert "192.0.2.1" not in path.read_text()


def test_last_line_without_newline_is_kept() -> None:
    assert hosts_block.with_block("127.0.0.1 a", "t", "").startswith("127.0.0.1 a\n# BEGIN")


def test_name_with_another_address_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "hosts"
    path.write_text(OWN + "10.0.0.1 node1 # 1.2.3.4 node2\n")
    with pytest.raises(ToolError, match="node1"):
        hosts_block.put(str(path), "a", "192.0.2.1\tnode1\n192.0.2.2\tnode2\n")
    assert "192.0.2.1" not in path.read_text()


def test_block_without_end_is_not_guessed() -> None:
    with pytest.raises(ToolError, match="by hand"):
        hosts_block.without_block("# BEGIN virtual cluster a\n10.0.0.1 mine\n", "a")
