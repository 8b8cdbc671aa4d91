"""The table of owners and modes is what the rest of the world knows."""

import pytest

from ganeti import pathutils
from ganeti.tools.filetable import TABLE, Kind
from ganeti.utils import acl
from test.file_facts import Fact, file_facts

_ENTRIES = {entry.path: entry for entry in TABLE}


@pytest.mark.parametrize("fact", [fact for fact in file_facts() if fact.is_ensured], ids=lambda fact: fact.path)
def test_what_is_ensured_has_its_owner_and_mode(fact: Fact) -> None:
    entry = _ENTRIES[fact.path]
    assert entry.kind is (Kind.DIRECTORY if fact.kind == "directory" else Kind.FILE)
    assert (entry.mode, entry.owner, entry.group) == (fact.mode, fact.owner, fact.group)


def test_administrators_reach_the_sockets_and_nothing_else() -> None:
    assert {entry.path: entry.admin for entry in TABLE if entry.admin} == {
        pathutils.SOCKET_DIR: acl.ENTER,
        pathutils.MASTER_SOCKET: acl.READ | acl.WRITE,
        pathutils.QUERY_SOCKET: acl.READ | acl.WRITE,
    }


def test_no_secret_is_for_everybody() -> None:
    secret = (".pem", ".key", "secret", "config.data", "users", "/job-*", ".log")
    found = [entry for entry in TABLE if entry.path.endswith(secret)]
    assert len(found) > 15
    assert [entry.path for entry in found if entry.mode & 0o007] == []
