"""Names of users and groups, and what users-setup does about them."""

import io

import pytest

from ganeti import buildcfg
from ganeti.tools import users_setup
from ganeti.tools.account_names import Accounts, Names, accounts, with_prefixes
from test.file_facts import memberships


def test_everything_is_root_without_prefixes() -> None:
    names = with_prefixes("", "")
    assert {names.user("masterd"), names.group("daemons")} == {"root"}
    assert accounts(names) == Accounts((), (), ())


def test_prefixes_name_all_accounts_but_those_that_stay_root() -> None:
    names = with_prefixes("gnt-", "gnt-")
    assert (names.user("noded"), names.user("mond"), names.group("noded")) == ("root", "root", "root")
    found = accounts(names)
    assert found.groups == ("gnt-masterd", "gnt-rapi", "gnt-confd", "gnt-metad", "gnt-daemons", "gnt-admin")
    own = ("masterd", "rapi", "confd", "metad")
    assert found.users == tuple((f"gnt-{role}", f"gnt-{role}") for role in own)
    expected = {(f"gnt-{user}", f"gnt-{group}") for user, group in memberships() if user in own}
    assert set(found.memberships) == expected


def test_users_and_groups_may_have_different_prefixes_or_only_one() -> None:
    assert accounts(with_prefixes("u_", "g_")).users[0] == ("u_masterd", "g_masterd")
    assert accounts(with_prefixes("u_", "")) == Accounts(
        (), tuple((f"u_{role}", "root") for role in ("masterd", "rapi", "confd", "metad")), ()
    )
    assert accounts(with_prefixes("", "g_")).users == ()


def test_roles_that_share_an_account_need_it_once() -> None:
    names = Names({"masterd": "ganeti", "confd": "ganeti"}, {"masterd": "ganeti", "confd": "ganeti", "daemons": "d"})
    assert accounts(names) == Accounts(("ganeti", "d"), (("ganeti", "ganeti"),), (("ganeti", "d"),))


@pytest.mark.parametrize("prefix", ["Gnt-", "1-", "-", "a b", "a:", "x" * 25])
def test_prefixes_that_no_name_can_have_are_refused(prefix: str) -> None:
    with pytest.raises(ValueError, match="cannot begin"):
        with_prefixes("", prefix)


def test_commands_create_groups_then_users_then_memberships() -> None:
    plan = Accounts(("g", "d"), (("u", "g"),), (("u", "d"),))
    assert users_setup.commands(plan, home="/h", shell="/s") == [
        ["groupadd", "--system", "g"],
        ["groupadd", "--system", "d"],
        ["useradd", "--system", "--gid", "g", "--home-dir", "/h", "--no-create-home", "--shell", "/s", "u"],
        ["usermod", "--append", "--groups", "d", "u"],
    ]


def test_root_only_installations_need_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert users_setup.main([]) == 0
    assert "nothing to create" in capsys.readouterr().out


@pytest.mark.parametrize("answer", ["n\n", "", "maybe\n"])
def test_nothing_is_created_without_consent(
    answer: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    names = with_prefixes("no-such-", "no-such-")
    monkeypatch.setattr(buildcfg, "USERS", names.users)
    monkeypatch.setattr(buildcfg, "GROUPS", names.groups)
    monkeypatch.setattr("sys.stdin", io.StringIO(answer))
    # Would fail the test if it were called.
    monkeypatch.setattr(users_setup, "run_cmd", None)
    assert users_setup.main([]) == 1
    shown = capsys.readouterr()
    assert "  user no-such-confd of group no-such-confd\n" in shown.out
    assert "  membership of user no-such-masterd in group no-such-confd\n" in shown.out
    assert shown.out.endswith("OK? (y/n) ")
    assert "Nothing was changed" in shown.err


def test_what_exists_is_not_created_again(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    # Accounts that every system has: daemon is in the group of its name and no other one.
    monkeypatch.setattr(buildcfg, "USERS", {"masterd": "daemon"})
    monkeypatch.setattr(buildcfg, "GROUPS", {"masterd": "daemon", "daemons": "no-such-daemons"})
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    assert users_setup.main([]) == 1
    lines = [line.strip() for line in capsys.readouterr().out.splitlines() if line.startswith("  ")]
    assert lines == ["group no-such-daemons", "membership of user daemon in group no-such-daemons"]


def test_wrong_usage_is_an_error() -> None:
    with pytest.raises(SystemExit) as stop:
        users_setup.main(["gnt-"])
    assert stop.value.code == 1
