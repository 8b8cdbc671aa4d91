"""Findings about root's SSH keys on a node, from the contents of its files."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from ganeti import pathutils
from ganeti.backend.ssh_setup import KeyFiles, Member, clutter_problems, setup_problems
from ganeti.utils import sshkeys

PUB = pathutils.SSH_PUB_KEYS
OFFLINE = Member("u4", "n4", False, True, False)
#: n1 and n2 are candidates; the node itself is n3, or n2.
MEMBERS = (
    Member("u1", "n1", True, True, True),
    Member("u2", "n2", True, True, True),
    Member("u3", "n3", False, True, True),
    OFFLINE,
)


@pytest.fixture(autouse=True)
def authorized(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(sshkeys, "authorized_keys_path", lambda: "AUTH")
    return "AUTH"


def key(number: int) -> str:
    return f"ssh-rsa KEY{number} root@n{number}"


def files_of(own: int) -> KeyFiles:
    """Return the files of a node as they should be."""
    return KeyFiles(
        private_path="id",
        public_path="id.pub",
        has_private=True,
        public=f"{key(own)}\n",
        authorized="".join(f"{line}\n" for line in ("# admins", "ssh-rsa ADMIN me@desk", key(1), key(2), key(own))),
        known="".join(f"u{number} {key(number)}\n" for number in (1, 2, 3, 4)),
    )


def without(text: str | None, part: str) -> str:
    assert text is not None
    assert part in text
    return "".join(f"{line}\n" for line in text.splitlines() if part not in line)


@pytest.mark.parametrize("own", [2, 3])
def test_keys_as_they_should_be_are_no_problem(own: int) -> None:
    assert setup_problems(f"n{own}", MEMBERS, files_of(own)) == []


CASES: list[tuple[Callable[[KeyFiles], KeyFiles], Sequence[str]]] = [
    (lambda f: replace(f, has_private=False), ["the file id does not exist"]),
    (lambda f: replace(f, public=None), ["the file id.pub does not exist"]),
    (lambda f: replace(f, authorized=None), ["the file AUTH does not exist"]),
    (lambda f: replace(f, known=None), [f"the file {PUB} does not exist"]),
    (lambda f: replace(f, known=without(f.known, "u2 ")), [f"{PUB} has no key of node n2"]),
    # An offline node may have been added again after its key was forgotten.
    (lambda f: replace(f, known=without(f.known, "u4 ")), []),
    (
        lambda f: replace(f, known=f"{f.known}u9 ssh-rsa KEY9\n"),
        [f"{PUB} has a key of u9, which is no node that could become a master candidate"],
    ),
    (
        lambda f: replace(f, known=f"{f.known}u3 ssh-rsa OLD\n"),
        [f"{PUB} has 2 keys of this node, there should be one"],
    ),
    (
        lambda f: replace(f, known=without(f.known, "u3 ") + "u3 ssh-rsa OLD\n"),
        [f"{PUB} has another key of this node than id.pub"],
    ),
    (lambda f: replace(f, authorized=without(f.authorized, "KEY1")), ["AUTH lacks the key of master candidate n1"]),
    (lambda f: replace(f, authorized=without(f.authorized, "KEY3")), ["AUTH lacks the key of this node itself"]),
    (
        lambda f: replace(f, authorized=f"{f.authorized}{key(4)}\n"),
        ["AUTH has the key of node n4, which is no master candidate"],
    ),
    # The same key with another comment, and one that may do certain things only.
    (lambda f: replace(f, authorized=without(f.authorized, "KEY1") + "ssh-rsa KEY1 the master\n"), []),
    (
        lambda f: replace(f, authorized=without(f.authorized, "KEY1") + f'command="ls" {key(1)}\n'),
        ["AUTH lacks the key of master candidate n1"],
    ),
]


@pytest.mark.parametrize(("change", "problems"), CASES)
def test_each_deviation_is_named(change: Callable[[KeyFiles], KeyFiles], problems: Sequence[str]) -> None:
    assert setup_problems("n3", MEMBERS, change(files_of(3))) == problems


def test_a_candidate_does_not_admit_others_either() -> None:
    files = files_of(2)
    changed = replace(files, authorized=f"{files.authorized}{key(3)}\n")
    assert setup_problems("n2", MEMBERS, changed) == ["AUTH has the key of node n3, which is no master candidate"]


def test_nodes_may_share_a_key() -> None:
    files = files_of(3)
    shared = replace(files, known=without(files.known, "u4 ") + f"u4 {key(1)}\n")
    assert setup_problems("n3", MEMBERS, shared) == []


def test_a_node_that_the_master_did_not_list_says_so() -> None:
    assert setup_problems("n9", MEMBERS, files_of(3)) == [
        "the node is not among those that the master listed: n9",
    ]


@pytest.mark.parametrize(
    ("lines", "problems"),
    [
        ([key(1), key(2)], []),
        ([key(1), key(1)], []),
        ([key(1), "ssh-rsa OLD root@n1"], ["AUTH has 2 keys of root@n1"]),
        ([key(1), "ssh-rsa OLD root@n1", "ecdsa-sha2-nistp256 E root@n1"], ["AUTH has 3 keys of root@n1"]),
        (["ssh-rsa A my key", "ssh-rsa B my key", "ssh-rsa A", "ssh-rsa B", "# root@n1", "# root@n1"], []),
    ],
)
def test_several_keys_of_one_account_are_clutter(lines: list[str], problems: list[str]) -> None:
    assert clutter_problems("\n".join(lines)) == problems
