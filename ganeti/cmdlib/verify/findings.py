"""Findings of the verification, and how they are printed; programs parse both forms."""

from collections.abc import Collection, Iterable, Mapping
from typing import Final, NamedTuple

from ganeti import constants as c
from ganeti.cmdlib.base import Feedback

ERROR: Final = "ERROR"
WARNING: Final = "WARNING"


class Finding(NamedTuple):
    """Something that is not as it should be.

    *code* is one of the CV_* constants, *item* the name of the object (None for the cluster).
    """

    code: Mapping[str, str]
    item: str | None
    text: str
    level: str = ERROR


def warning(code: Mapping[str, str], item: str | None, text: str) -> Finding:
    """Return a finding that does not make the verification fail."""
    return Finding(code, item, text, WARNING)


def format_finding(finding: Finding, *, with_codes: bool) -> str:
    """Return the line for a finding, in the form for people or the one for programs."""
    kind = finding.code["object"]
    if with_codes:
        return f"  - {finding.level}:{finding.code['code']}:{kind}:{finding.item}:{finding.text}"
    return f"  - {finding.level}: {kind} {finding.item or ''}: {finding.text}"


class Reporter:
    """Prints findings as they come and remembers whether the verification failed."""

    def __init__(self, feedback: Feedback, *, with_codes: bool, ignored: Collection[str]) -> None:
        """Print to *feedback*; findings whose code is in *ignored* become warnings."""
        self._feedback = feedback
        self._with_codes = with_codes
        self._ignored = frozenset(ignored)
        self.has_failed = False

    def heading(self, text: str) -> None:
        """Announce the next part."""
        self._feedback(f"* {text}")

    def line(self, text: str) -> None:
        """Print a line that is no finding."""
        self._feedback(text)

    def report(self, findings: Iterable[Finding]) -> None:
        """Print findings, all of one check in one batch."""
        lines = []
        for finding in findings:
            if finding.level == ERROR and finding.code["code"] in self._ignored:
                finding = finding._replace(level=WARNING)
            if finding.level == ERROR:
                self.has_failed = True
            lines.append(format_finding(finding, with_codes=self._with_codes))
        if lines:
            self._feedback(lines, c.ELOG_MESSAGE_LIST)
