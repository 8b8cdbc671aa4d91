"""Text of SSH key files: foreign lines stay, keys are compared without their comments."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganeti import constants as c
from ganeti.errors import OpPrereqError
from ganeti.utils import sshkeys

TEXT = '# mine\nssh-rsa AAAA root@a\nfrom="192.0.2.1" ssh-rsa BBBB root@b\n'


def test_known_keys_are_not_added_again() -> None:
    assert sshkeys.with_keys(TEXT, ["ssh-rsa AAAA other@comment"]) == TEXT
    assert sshkeys.with_keys(TEXT, ["ssh-rsa BBBB root@b"]) == TEXT + "ssh-rsa BBBB root@b\n"


def test_removing_a_key_ignores_its_comment_and_keeps_lines_with_options() -> None:
    assert sshkeys.without_keys(TEXT, ["ssh-rsa AAAA x", "ssh-rsa BBBB x"]) == (
        '# mine\nfrom="192.0.2.1" ssh-rsa BBBB root@b\n'
    )


def test_a_file_without_a_last_newline_is_continued_on_a_new_line() -> None:
    assert sshkeys.with_keys("ssh-rsa AAAA a", ["ssh-rsa CCCC c"]) == "ssh-rsa AAAA a\nssh-rsa CCCC c\n"


KEYS = st.dictionaries(
    st.uuids().map(str),
    st.lists(st.from_regex(r"ssh-(rsa|ed25519) [A-Za-z0-9]{4,8} [a-z@]+", fullmatch=True), min_size=1),
)


@given(KEYS)
def test_public_keys_round_trip(keys: dict[str, list[str]]) -> None:
    assert sshkeys.parse_public_keys(sshkeys.format_public_keys(keys)) == keys


def test_known_hosts_have_a_line_per_key() -> None:
    assert sshkeys.known_hosts_text("c", "AAAA", None) == "c ssh-rsa AAAA\n"
    assert sshkeys.known_hosts_text("c", "", None) == ""
    assert sshkeys.known_hosts_text("c", "AAAA", "BBBB") == "c ssh-rsa AAAA\nc ssh-dss BBBB\n"


def test_actions_on_public_keys() -> None:
    keys = {"a": ["k1"], "b": ["k2"]}
    assert sshkeys.updated_public_keys(keys, c.SSHS_ADD, {"a": ["k1", "k3"], "c": ["k4"]}) == {
        "a": ["k1", "k3"],
        "b": ["k2"],
        "c": ["k4"],
    }
    assert sshkeys.updated_public_keys(keys, c.SSHS_REPLACE_OR_ADD, {"a": ["k3"]}) == {"a": ["k3"], "b": ["k2"]}
    assert sshkeys.updated_public_keys(keys, c.SSHS_REMOVE, {"a": []}) == {"b": ["k2"]}
    assert sshkeys.updated_public_keys(keys, c.SSHS_OVERRIDE, {"c": ["k4"]}) == {"c": ["k4"]}
    assert sshkeys.updated_public_keys(keys, c.SSHS_CLEAR, {}) == {}
    with pytest.raises(OpPrereqError):
        sshkeys.updated_public_keys(keys, "forget", {})
    assert keys == {"a": ["k1"], "b": ["k2"]}
