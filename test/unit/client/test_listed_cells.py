"""How every field of every list looks: scripts take the cells apart, and evaluate nested values as Python literals.

The recorded cells are those of a list with ``--separator`` (sizes in MiB). Only what spec says may change them.
"""

import ast
import json
import time
from pathlib import Path
from typing import Any

import pytest

from ganeti import constants as c
from ganeti import serializer
from ganeti.client import gnt_backup, gnt_debug, gnt_filter, gnt_group, gnt_instance, gnt_job, gnt_network, gnt_node
from ganeti.query.engine import RESOURCES
from ganeti.utils.text import nice_sort_key

from . import listed
from .conftest import Serve

Capture = pytest.CaptureFixture[str]

#: Of several characters, as some scripts use it.
SEPARATOR = "--##"
RECORDED = Path(__file__).parent / "data" / "cells.json"
LISTS: dict[str, tuple[Any, str]] = {
    c.QR_NODE: (gnt_node, "list"),
    c.QR_INSTANCE: (gnt_instance, "list"),
    c.QR_GROUP: (gnt_group, "list"),
    c.QR_NETWORK: (gnt_network, "list"),
    c.QR_JOB: (gnt_job, "list"),
    c.QR_FILTER: (gnt_filter, "list"),
    c.QR_LOCK: (gnt_debug, "locks"),
    c.QR_EXPORT: (gnt_backup, "list"),
}


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()


def _answer(resource: str) -> serializer.JsonPieces:
    """Return the answer of the master daemon to a query for all fields."""
    return listed.engine().ask(resource, _fields_of(resource)).encoded()


def _fields_of(resource: str) -> list[str]:
    """Return all fields, of numbered ones the first three."""
    return [name for name in RESOURCES[resource].fields if not name.partition("/")[2].isdigit() or name[-2:] <= "/2"]


def _cells(serve: Serve, capsys: Capture, resource: str, *options: str) -> dict[str, list[str]]:
    server = serve({"Query": _answer(resource)})
    program, command = LISTS[resource]
    fields = _fields_of(resource)
    assert program.main([command, "--no-headers", f"--separator={SEPARATOR}", *options, "-o", ",".join(fields)]) == 0
    assert server.calls("Query") == [[resource, fields, None]]
    rows = [line.split(SEPARATOR) for line in capsys.readouterr().out.splitlines()]
    assert {len(row) for row in rows} == {len(fields)}
    return {field: [row[index] for row in rows] for index, field in enumerate(fields)}


@pytest.mark.parametrize("resource", sorted(LISTS))
def test_cells_are_those_that_scripts_know(serve: Serve, capsys: Capture, resource: str) -> None:
    recorded = json.loads(RECORDED.read_text(encoding="utf-8"))
    assert _cells(serve, capsys, resource) == recorded[resource]


@pytest.mark.parametrize("resource", sorted(LISTS))
def test_missing_values_are_words_on_request(serve: Serve, capsys: Capture, resource: str) -> None:
    recorded = json.loads(RECORDED.read_text(encoding="utf-8"))
    words = {"?": "(nodata)", "-": "(unavail)", "*": "(offline)"}
    answer = listed.engine().query(resource, _fields_of(resource))
    for index, (field, cells) in enumerate(_cells(serve, capsys, resource, "-v").items()):
        for row, cell, short in zip(answer["data"], cells, recorded[resource][field], strict=True):
            assert cell == (short if row[index][0] == c.RS_NORMAL else words[short])


@pytest.mark.parametrize("resource", sorted(LISTS))
def test_nested_values_are_python_literals(serve: Serve, capsys: Capture, resource: str) -> None:
    """Except for those that commands show in a form of their own."""
    encoded = b"".join(map(serializer.drop_zero_fractions, _answer(resource).pieces))
    data = serializer.loads(encoded)["data"]
    joined = {
        *("tags", "pinst_list", "sinst_list", "node_list", "inst_list", "group_list", "summary", "owner", "pending"),
        *("disk.sizes", "nic.macs", "nic.ips", "nic.modes", "nic.links", "nic.bridges", "nic.networks"),
        *("snodes", "snodes.group", "snodes.group.uuid", "opstart", "opexec", "opend"),
    }
    own_form = joined | ({"ndparams"} if resource == c.QR_GROUP else set())
    seen = 0
    for index, (field, cells) in enumerate(_cells(serve, capsys, resource).items()):
        for row, cell in zip(data, cells, strict=True):
            status, value = row[index]
            if status == c.RS_NORMAL and isinstance(value, (list, dict)) and field not in own_form:
                assert ast.literal_eval(cell) == value, field
                seen += 1
    assert seen or resource in (c.QR_EXPORT, c.QR_LOCK, c.QR_NETWORK)


def _lines(serve: Serve, capsys: Capture, program: Any, *words: str) -> list[str]:
    """Return what a list prints; its fields are in the first request."""
    server = serve({"Query": lambda what, fields, qfilter: listed.engine().ask(what, fields, qfilter).encoded()})
    assert program.main(list(words)) == 0
    assert server.calls("Query")
    return capsys.readouterr().out.splitlines()


def test_table_of_nodes(serve: Serve, capsys: Capture) -> None:
    assert _lines(serve, capsys, gnt_node, "list") == [
        "Node              DTotal DFree MTotal MNode MFree Pinst Sinst",
        "node1.example.com 500.0G 96.5G  15.6G  1.1G 10.2G     1     0",
        "node2.example.com      ?     ?      ?     ?     ?     1     0",
        "node3.example.com      *     *      *     *     *     1     0",
    ]
    assert _lines(serve, capsys, gnt_node, "list", "--units=g", "--no-headers", "-o", "name,dtotal,mnode", "node1") == [
        "node1.example.com 500.0 1.1"
    ]
    assert _lines(serve, capsys, gnt_node, "list", "--units=t", "-o", "dtotal,name", "node1") == [
        "DTotal Node",
        "   0.5 node1.example.com",
    ]
    assert _lines(serve, capsys, gnt_node, "list", "--separator=::", "--units=h", "-o", "mfree", "node1") == [
        "MFree",
        "10.2G",
    ]


def test_exports_of_some_nodes(serve: Serve, capsys: Capture) -> None:
    assert _lines(serve, capsys, gnt_backup, "list") == [
        "Node              Export",
        "node1.example.com inst1.example.com",
        "node1.example.com old",
        "node2.example.com ?",
        "node3.example.com *",
    ]
    words = ("list", "--no-headers", "-v", "-n", "node3", "--node=node1", "-o", "export")
    assert _lines(serve, capsys, gnt_backup, *words) == ["(offline)", "inst1.example.com", "old"]


def test_table_of_instances_with_more_fields(serve: Serve, capsys: Capture) -> None:
    assert _lines(serve, capsys, gnt_instance, "list", "-o", "+oper_state,admin_up,tags", "-v") == [
        "Instance           Hypervisor OS              Primary_node      Status            "
        "   Memory Running  Autostart Tags",
        "inst1.example.com  fake       busybox+default node1.example.com running           "
        "     1.5G Y        Y         db,web",
        "inst2.example.com  kvm        busybox         node2.example.com ERROR_nodedown    "
        " (nodata) (nodata) N         ",
        "inst10.example.com fake       busybox         node3.example.com ERROR_nodeoffline "
        "(offline) (nodata) Y         ",
    ]


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (["-F", 'status == "running" or be/vcpus == 1'], ["inst1", "inst2", "inst10"]),
        (['"web" in tags'], ["inst1"]),
        (["not admin_up"], ["inst2"]),
        (["inst10", "inst2"], ["inst10", "inst2"]),
        (["inst1*"], ["inst1", "inst10"]),
        (["inst?", "inst10"], ["inst1", "inst2", "inst10"]),
        (["-F", "oper_ram > 2000"], ["inst2", "inst10"]),
        (["-F", "not (oper_ram > 2000)"], ["inst1"]),
        (["-F", "name =~ m/^INST[12]\\./i"], ["inst1", "inst2"]),
    ],
)
def test_instances_can_be_chosen(serve: Serve, capsys: Capture, words: list[str], names: list[str]) -> None:
    lines = _lines(serve, capsys, gnt_instance, "list", "--no-headers", "-o", "name", *words)
    assert lines == [f"{name}.example.com" for name in names]


@pytest.mark.parametrize("resource", sorted(set(LISTS) - {c.QR_LOCK}))
def test_fields_are_listed_completely_and_in_order(serve: Serve, capsys: Capture, resource: str) -> None:
    serve({"QueryFields": lambda what, fields: listed.engine().query_fields(what, fields)})
    program, _ = LISTS[resource]
    assert program.main(["list-fields", "--separator=|"]) == 0
    header, *lines = capsys.readouterr().out.splitlines()
    assert header == "Name|Type|Title|Description"
    rows = [line.split("|") for line in lines]
    assert [row[0] for row in rows] == sorted(RESOURCES[resource].fields, key=nice_sort_key)
    kinds = {"Text", "Boolean", "Number", "Floating-point number", "Storage size", "Timestamp", "Custom"}
    assert {row[1] for row in rows} <= kinds
    name = RESOURCES[resource].name_field or ""
    assert program.main(["list-fields", "--no-headers", "--separator=|", "bogus", name, "bog/us"]) == 14
    captured = capsys.readouterr()
    unknown, known, _ = captured.out.splitlines()
    assert unknown == "bogus|Unknown|bogus|Unknown field 'bogus'"
    assert known.startswith(f"{name}|")
    assert captured.err == "Warning: Queried for unknown fields bogus, bog/us\n"
