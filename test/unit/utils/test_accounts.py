"""Who files are given to, and what happens if there are no such accounts."""

import os

import pytest

from ganeti import buildcfg, errors
from ganeti.utils import accounts


def test_root_gives_files_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(buildcfg, "USERS", {"masterd": "daemon"})
    monkeypatch.setattr(buildcfg, "GROUPS", {"confd": "daemon"})
    assert accounts.owner("masterd", "confd") == (1, 1)


@pytest.mark.parametrize(("groups", "gid"), [([1, 5], 1), ([5], -1)])
def test_others_give_files_to_their_groups_only(
    groups: list[int], gid: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 999)
    monkeypatch.setattr(os, "getegid", lambda: 999)
    monkeypatch.setattr(os, "getgroups", lambda: groups)
    monkeypatch.setattr(buildcfg, "GROUPS", {"confd": "daemon"})
    assert accounts.owner("masterd", "confd") == (-1, gid)


def test_administrators_are_a_group_of_their_own_or_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    assert accounts.admin_gid() is None
    monkeypatch.setattr(buildcfg, "GROUPS", {"admin": "daemon", "daemons": "daemon"})
    assert accounts.admin_gid() is None
    monkeypatch.setattr(buildcfg, "GROUPS", {"admin": "daemon"})
    assert accounts.admin_gid() == 1


@pytest.mark.parametrize(("kind", "role"), [("USERS", "confd"), ("GROUPS", "admin")])
def test_missing_account_is_named_with_what_creates_it(kind: str, role: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buildcfg, kind, {role: "no-such-account"})
    with pytest.raises(errors.OpPrereqError, match=r"no-such-account does not exist, run .*users-setup"):
        accounts.check_all()
