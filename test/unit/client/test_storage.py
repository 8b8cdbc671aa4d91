"""gnt-storage."""

import pytest

from ganeti.client import gnt_storage
from test.unit.client.conftest import Serve, job_answers

Capture = pytest.CaptureFixture[str]


def test_diagnosis_names_what_each_node_has(serve: Serve, capsys: Capture) -> None:
    nodes = {
        "u1": [],
        "u2": [["/s/store", True, "", [["pool", "p"], ["x", ""]]]],
        "u3": [["/s/store", False, "bad", []]],
    }
    answers = job_answers([["store", nodes, {"g10": False, "g9": True}]])
    serve({**answers, "QueryNodes": [["u1", "n1"], ["u2", "n2"], ["u3", "n3"]]})
    assert gnt_storage.main(["diagnose"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "Provider: store",
        "---",
        "  Node: n2, status: valid (path: /s/store) [parameters: pool, x]",
        "  Node: n1, status: ExtStorage provider not found",
        "  Node: n3, status: invalid - bad (path: /s/store) [no parameters]",
        "  --",
        "  For nodegroup: g9 --> valid",
        "  For nodegroup: g10 --> invalid",
        "",
    ]


def test_info_shows_parameters_where_the_provider_is_valid(serve: Serve, capsys: Capture) -> None:
    serve(job_answers([["a", {"g": True}, [["pool", "the pool"]]], ["b", {"g": False}, []]]))
    assert gnt_storage.main(["info", "b", "a", "c"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        *("b:", "  - Invalid for all nodegroups", ""),
        *("a:", "  - Valid for nodegroups:", "      g", "  - Supported parameters:", "      pool: the pool", ""),
        *("c: Not Found", ""),
    ]


def test_no_provider_at_all_is_a_failure(serve: Serve) -> None:
    serve(job_answers([]))
    assert gnt_storage.main(["diagnose"]) == 1
