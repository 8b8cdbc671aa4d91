"""The interface dump agrees with what the program does."""

import json
from typing import Any

import pytest

from ganeti import opcodes
from ganeti.backend.base import load_handlers
from ganeti.tools import dump_interface


def dump(section: str, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    assert dump_interface.main([section]) == 0
    document = json.loads(capsys.readouterr().out)
    assert set(document) == {"version", section}
    return dict(document[section])


def test_opcodes_have_a_logical_unit_and_defaults_that_are_accepted(capsys: pytest.CaptureFixture[str]) -> None:
    section = dump("opcodes", capsys)
    assert section["count"] == len(section["opcodes"]) > 0
    delay = next(op for op in section["opcodes"] if op["id"] == "OP_TEST_DELAY")
    assert delay["lu"] == "LUTestDelay"
    given = {"OP_ID": "OP_TEST_DELAY", "duration": 1.0}
    defaults = {param["name"]: param["default"] for param in delay["params"] if not param["required"]}
    assert opcodes.decode({**defaults, **given}) == opcodes.decode(given)


def test_procedures_are_those_that_nodes_answer(capsys: pytest.CaptureFixture[str]) -> None:
    section = dump("rpc", capsys)
    assert [procedure["name"] for procedure in section["procedures"]] == sorted(load_handlers())
    assert "SubmitJob" in section["luxi"]["methods"]


def test_sub_commands_without_a_function_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    programs = dump("cli", capsys)["programs"]
    assert {"list", "add", "migrate"} <= set(programs["gnt-instance"]["subcommands"])
    flags = [option["flags"] for option in programs["gnt-instance"]["subcommands"]["add"]["options"]]
    assert ["-t", "--disk-template"] in flags


def test_daemons_have_the_common_options(capsys: pytest.CaptureFixture[str]) -> None:
    for daemon in dump("cli", capsys)["daemons"].values():
        flags = [option["flags"] for option in daemon["options"]]
        assert ["-f", "--foreground"] in flags


@pytest.mark.parametrize("section", ["constants", "hvparams", "query_fields", "ssconf", "files", "hooks_env", "errors"])
def test_every_part_can_be_written(section: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert dump(section, capsys)["version"]


def test_paths_in_files_do_not_depend_on_the_machine(capsys: pytest.CaptureFixture[str]) -> None:
    paths = [entry["path"] for entry in dump("files", capsys)["entries"]]
    assert "{localstatedir}/lib/ganeti/config.data" in paths
    assert all(path.startswith("{") for path in paths)
