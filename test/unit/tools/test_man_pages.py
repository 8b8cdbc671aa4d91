"""Every installed program has a manual page, which describes the options that the program has and no others."""

import re
from importlib import import_module
from pathlib import Path
from typing import Final

import pytest
from docutils import nodes
from docutils.core import publish_doctree

from ganeti.tools import daemon_util

SOURCE: Final = Path(__file__).parents[3]
#: Programs and the page that describes them with another one.
SHARED_PAGES: Final = {"kvm-ifup": "kvm-nic-setup", "net-common": "kvm-nic-setup"}
#: Every program has it; it describes itself.
SELF_EVIDENT: Final = frozenset({"-h", "--help"})
_FLAG: Final = re.compile(r"(?<![\w-])--?[A-Za-z][\w-]*")


def installed_programs() -> list[str]:
    text = (SOURCE / "setup.py").read_text(encoding="utf-8")
    source_only = re.search(r"^SOURCE_ONLY = frozenset\(\{(.*)\}\)$", text, re.MULTILINE)
    assert source_only is not None
    of_source_tree = set(re.findall(r'"([^"]+)"', source_only[1]))
    found = [path.name for directory in ("daemons", "tools") for path in (SOURCE / directory).iterdir()]
    return sorted(set(found) - of_source_tree)


def page_of(program: str) -> Path:
    return SOURCE / "man" / f"{SHARED_PAGES.get(program, program)}.rst"


def module_of(program: str) -> str:
    if program.startswith("ganeti-") and program != "ganeti-cleaner":
        return f"ganeti.server.{program.removeprefix('ganeti-')}"
    return f"ganeti.tools.{program.removeprefix('ganeti-').replace('-', '_')}"


def documented_options(page: Path) -> set[str]:
    tree = publish_doctree(page.read_text(encoding="utf-8"), settings_overrides={"halt_level": 2})
    found = {flag for node in tree.findall(nodes.option_string) for flag in _FLAG.findall(node.astext())}
    terms = [node.astext() for node in tree.findall(nodes.term)]
    return found.union(*(_FLAG.findall(term) for term in terms if term.startswith("-")))


def options_of_help(text: str) -> set[str]:
    entries = re.findall(r"^ {1,4}(-\S.*?)(?: {2,}.*)?$", text, re.MULTILINE)
    return {flag for entry in entries for flag in _FLAG.findall(entry)}


PROGRAMS: Final = installed_programs()
#: The pages of the commands are written from their tables, which another test checks.
OTHERS: Final = [name for name in PROGRAMS if not name.startswith("gnt-") and (SOURCE / "tools" / name).is_symlink()]
OTHERS_AND_DAEMONS: Final = sorted({*OTHERS, *(name for name in PROGRAMS if name.startswith("ganeti-"))})


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_installed_program_has_a_page(program: str) -> None:
    assert f"**{program}**" in page_of(program).read_text(encoding="utf-8")


@pytest.mark.parametrize("program", OTHERS_AND_DAEMONS)
def test_pages_describe_the_options_that_programs_show(
    program: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr("sys.argv", [program, "--help"])
    try:
        import_module(module_of(program)).main()
    except SystemExit:
        pass
    shown = options_of_help(capsys.readouterr().out) - SELF_EVIDENT
    assert documented_options(page_of(program)) == shown


def test_the_page_of_daemon_util_describes_every_verb() -> None:
    page = page_of("daemon-util").read_text(encoding="utf-8")
    assert [verb for verb in daemon_util.VERBS if not re.search(rf"(?<![\w-]){verb}(?![\w-])", page)] == []


def test_pages_of_no_program_describe_concepts() -> None:
    described = {page_of(program).stem for program in PROGRAMS}
    concepts = {page.stem for page in (SOURCE / "man").glob("*.rst")} - described
    assert concepts == {"ganeti", "ganeti-hooks", "ganeti-iallocator", "ganeti-os-interface"}


@pytest.mark.parametrize("page", sorted((SOURCE / "man").glob("*.rst")), ids=lambda page: page.stem)
def test_pages_refer_to_pages_that_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    ours = {path.stem for path in (SOURCE / "man").glob("*.rst")}
    named = set(re.findall(r"\*\*((?:ganeti|gnt)(?:-[a-z-]+)?)\*\*\\ ?\(\d\)", text))
    assert named - ours == set()
