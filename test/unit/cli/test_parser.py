"""Command lines: where options end, abbreviations, values that look like options, arguments."""

import pytest

from ganeti.cli import parser
from ganeti.cli.options import Argument, Command, Option

PLAIN = Option(("-f", "--force"), "force", help="h", action="store_true", default=False)
COMMAND = Command(
    "do",
    "module:function",
    "Do it",
    arguments=(Argument("choice", "what", choices=("this", "that")), Argument("unknown", "word", 0, None)),
    options=(
        PLAIN,
        Option(("--force-multiple",), "force_multi", help="h", action="store_true", default=False),
        Option(("--net",), "nics", help="h", action="append", type="identkeyval", default=[]),
        Option(("-n",), "names", help="h", action="append", default=[]),
        Option(("-s", "--size"), "size", help="h", type="unit"),
        Option(("--repeat",), "repeat", help="h", type="int", default="0"),
        Option(("--separator",), "separator", help="h"),
        Option(("--mode",), "mode", help="h", type="choice", choices=("a", "b")),
        Option(
            ("--priority",), "priority", help="h", action="callback", type="choice", callback="priority",
            choices=("high", "low", "normal"),
        ),
        Option(("--no-ip-check",), None, help="h", action="callback", callback="deprecated"),
    ),
)  # fmt: skip


def parse(*words: str) -> tuple[dict[str, object], list[str]]:
    options, arguments = parser.parse("prog", COMMAND, words)
    return vars(options), arguments


def test_options_end_at_the_first_argument() -> None:
    options, arguments = parse("-f", "this", "ls", "-l", "--force-multiple")
    assert options["force"] is True
    assert options["force_multi"] is False
    assert arguments == ["this", "ls", "-l", "--force-multiple"]


def test_two_dashes_end_the_options() -> None:
    assert parse("--", "this", "-f")[1] == ["this", "-f"]


def test_values_may_look_like_options() -> None:
    options, _ = parse("--net", "-1:remove", "--net=0:add", "--separator", "--##", "-n", "-x", "-n-y", "-n", "", "this")
    assert options["nics"] == [("-1", {"remove": True}), ("0", {"add": True})]
    assert options["separator"] == "--##"
    assert options["names"] == ["-x", "-y", ""]


def test_short_options_may_share_a_dash() -> None:
    options, _ = parse("-fs10g", "this")
    assert (options["force"], options["size"]) == (True, 10240)


def test_long_options_may_be_abbreviated_but_not_ambiguously() -> None:
    assert parse("--force-m", "this")[0]["force_multi"] is True
    assert parse("--force", "this")[0]["force"] is True
    with pytest.raises(parser.UsageError, match="ambiguous option: --forc"):
        parse("--forc", "this")


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["--frob", "this"], "no such option: --frob"),
        (["-x", "this"], "no such option: -x"),
        (["--size"], "requires a value"),
        (["-n"], "requires a value"),
        (["--size", "10X", "this"], "10X"),
        (["--repeat", "many", "this"], "many"),
        (["--mode", "c", "this"], "invalid choice"),
        (["--priority", "urgent", "this"], "unknown priority 'urgent'"),
        (["--force=yes", "this"], "--force"),
        ([], "too few arguments"),
        (["other"], "invalid what 'other'"),
    ],
)
def test_wrong_command_lines_are_explained(words: list[str], text: str) -> None:
    with pytest.raises(parser.UsageError, match=text):
        parse(*words)


def test_too_many_arguments_are_refused() -> None:
    with pytest.raises(parser.UsageError, match="at most 1"):
        parser.check_arguments(["a", "b"], [Argument("instance", "instance")])
    with pytest.raises(parser.UsageError, match="no arguments"):
        parser.check_arguments(["a"], [])


def test_priorities_become_numbers_and_defaults_their_type() -> None:
    options, _ = parse("--priority", "low", "-d", "-d", "--reason", "because", "this")
    assert (options["priority"], options["debug"], options["reason"], options["repeat"]) == (10, 2, "because", 0)


def test_lists_of_one_call_do_not_show_up_in_the_next() -> None:
    parse("-n", "a", "this")
    assert parse("this")[0]["names"] == []


def test_options_of_older_releases_only_warn(capsys: pytest.CaptureFixture[str]) -> None:
    options, _ = parse("--no-ip-check", "this")
    assert "ip_check" not in options
    assert "--no-ip-check is deprecated" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("argument", "synopsis"),
    [
        (Argument("instance", "instance"), "<instance>"),
        (Argument("jobid", "job-id", 1, None), "<job-id> [<job-id>...]"),
        (Argument("jobid", "job-id", 0, None), "[<job-id>...]"),
        (Argument("suggest", "age", 0, 1), "[<age>]"),
        (Argument("choice", "action", choices=("drain", "info")), "drain|info"),
    ],
)
def test_synopsis(argument: Argument, synopsis: str) -> None:
    assert argument.synopsis == synopsis
