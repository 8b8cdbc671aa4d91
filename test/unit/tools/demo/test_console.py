"""Reading a guest's console through a program on a terminal."""

import pytest

from ganeti.tools.common import ToolError
from ganeti.tools.demo.console import open_console


def test_text_is_found_in_order_and_consumed() -> None:
    with open_console(["/bin/sh", "-c", "echo tick 1; echo tick 2; exec cat"]) as console:
        first = console.wait_for(r"tick (\d+)\r?\n", timeout_s=10, report=print)
        second = console.wait_for(r"tick (\d+)\r?\n", timeout_s=10, report=print)
    assert (first[1], second[1]) == ("1", "2")


def test_typed_text_reaches_the_program_on_its_terminal() -> None:
    with open_console(["/bin/sh", "-c", "test -t 0 && read -r line && echo got $line; exec cat"]) as console:
        console.type("hello\n")
        console.wait_for("got hello", timeout_s=10, report=print)


def test_end_of_the_session_is_an_error_with_what_it_said() -> None:
    with (
        open_console(["/bin/sh", "-c", "echo no such instance"]) as console,
        pytest.raises(ToolError, match="no such instance"),
    ):
        console.wait_for("login:", timeout_s=10, report=print)


def test_time_out_names_what_was_waited_for_and_reports_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ganeti.tools.demo.console._REPORT_EVERY_S", 0.05)
    reports: list[str] = []
    with (
        open_console(["/bin/sh", "-c", "echo booting; exec sleep 60"]) as console,
        pytest.raises(ToolError, match="login:"),
    ):
        console.wait_for("login:", timeout_s=0.4, report=reports.append)
    assert any("booting" in line for line in reports)
