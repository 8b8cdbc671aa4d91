"""Commands that manual pages and the documentation show can be given like that."""

import re
import shlex
from collections.abc import Iterator
from importlib import import_module
from itertools import takewhile
from pathlib import Path
from typing import Final

import pytest
from docutils import nodes
from docutils.core import publish_doctree

from ganeti import errors
from ganeti.cli.parser import UsageError, parse

SOURCE: Final = Path(__file__).parents[3]
#: Its tables name what was measured.
NO_COMMANDS: Final = frozenset({"performance"})
PAGES: Final = [
    page
    for directory in ("man", "doc", "doc/contributing")
    for page in sorted((SOURCE / directory).glob("*.rst"))
    if page.stem not in NO_COMMANDS
]
PROGRAMS: Final = sorted(path.name for path in (SOURCE / "daemons").glob("gnt-*"))
_COMMAND: Final = re.compile(rf"(?<![\w/.-])(?:{'|'.join(PROGRAMS)}) [a-z].*")
_PUNCTUATION: Final = frozenset(";|&<>()")


def shown_commands(page: Path) -> Iterator[tuple[list[str], bool]]:
    """Yield the words of each command on a page, and whether it is shown as a whole."""
    # Roles of Sphinx are errors for docutils alone; they do not matter here.
    tree = publish_doctree(page.read_text(encoding="utf-8"), settings_overrides={"report_level": 5})
    for block in tree.findall(nodes.literal_block):
        for line in block.astext().replace("\\\n", " ").splitlines():
            yield from ((words, True) for words in words_of(line))
    for literal in tree.findall(nodes.literal):
        yield from ((words, False) for words in words_of(literal.astext()))


def words_of(text: str) -> Iterator[list[str]]:
    found = _COMMAND.search(text.replace("\n", " "))
    if found is None:
        return
    lexer = shlex.shlex(found[0], posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    yield list(takewhile(lambda word: not set(word) <= _PUNCTUATION, lexer))


def problem_with(words: list[str], *, is_whole: bool) -> str | None:
    program = import_module(f"ganeti.client.{words[0].replace('-', '_')}").PROGRAM
    command = program.by_name.get(words[1])
    if command is None:
        return f"{' '.join(words)}: no such sub-command"
    try:
        parse(program.name, command, words[2:])
    except (UsageError, errors.ParameterError) as err:
        # Running text may leave out values and what the command works on.
        is_shortened = any(text in str(err) for text in ("too few arguments", "requires a value"))
        return None if is_shortened and not is_whole else f"{' '.join(words)}: {err}"
    return None


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.parent.name}/{page.stem}")
def test_commands_on_pages_can_be_given_like_that(page: Path) -> None:
    problems = [problem_with(words, is_whole=is_whole) for words, is_whole in shown_commands(page)]
    assert [problem for problem in problems if problem] == []


@pytest.mark.parametrize(
    "text",
    [
        "gnt-node lst",
        "gnt-node list --colour",
        "gnt-job change-priority --priority=urgent 1",
        "gnt-node list | head",
    ],
)
def test_only_commands_that_exist_pass(text: str) -> None:
    (words,) = words_of(text)
    assert (problem_with(words, is_whole=True) is None) == ("|" in text)
