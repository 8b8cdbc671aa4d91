"""The two forms of findings, which programs parse."""

from typing import Any

import pytest

from ganeti import constants as c
from ganeti.cmdlib.verify.findings import Finding, Reporter, format_finding, warning

CASES = [
    (
        Finding(c.CV_ENODENET, "n2.example.org", "text"),
        "  - ERROR: node n2.example.org: text",
        "  - ERROR:ENODENET:node:n2.example.org:text",
    ),
    (Finding(c.CV_ECLUSTERCFG, None, "text"), "  - ERROR: cluster : text", "  - ERROR:ECLUSTERCFG:cluster:None:text"),
    (
        warning(c.CV_EINSTANCEPOLICY, "web1", "a: b"),
        "  - WARNING: instance web1: a: b",
        "  - WARNING:EINSTANCEPOLICY:instance:web1:a: b",
    ),
]


@pytest.mark.parametrize(("finding", "plain", "coded"), CASES)
def test_finding_has_a_form_for_people_and_one_for_programs(finding: Finding, plain: str, coded: str) -> None:
    assert format_finding(finding, with_codes=False) == plain
    assert format_finding(finding, with_codes=True) == coded


def test_findings_of_one_check_are_one_batch_and_errors_are_remembered() -> None:
    log: list[Any] = []
    reporter = Reporter(lambda payload, kind=c.ELOG_MESSAGE: log.append((kind, payload)), with_codes=True, ignored=[])
    reporter.heading("Checking")
    reporter.report([])
    reporter.report([warning(c.CV_ENODEHV, "n1", "slow")])
    assert not reporter.has_failed
    reporter.report([Finding(c.CV_ENODEHV, "n1", "a"), Finding(c.CV_ENODEHV, "n2", "b")])
    assert reporter.has_failed
    assert log == [
        (c.ELOG_MESSAGE, "* Checking"),
        (c.ELOG_MESSAGE_LIST, ["  - WARNING:ENODEHV:node:n1:slow"]),
        (c.ELOG_MESSAGE_LIST, ["  - ERROR:ENODEHV:node:n1:a", "  - ERROR:ENODEHV:node:n2:b"]),
    ]
