"""Finding and checking OS definitions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ganeti.backend.os_definition import OsDefinitionError, diagnose, find_os, load_os, split_name


def make_os(root: Path, name: str = "debian", **files: str | None) -> Path:
    """A definition of version 20; a file with content None is left out."""
    path = root / name
    path.mkdir(parents=True)
    contents: dict[str, str | None] = {
        "ganeti_api_version": "20\n15\n10\n5\n",
        "variants.list": "# comment\nstable\n\nunstable\n",
        "parameters.list": "\n# comment\ndhcp Use DHCP\nflag\n",
        **dict.fromkeys(("create", "export", "import", "rename", "verify"), "#!/bin/sh\n"),
        **files,
    }
    for file, content in contents.items():
        if content is not None:
            (path / file).write_text(content)
            (path / file).chmod(0o644 if "." in file or file == "ganeti_api_version" else 0o755)
    return path


def test_complete_definition(tmp_path: Path) -> None:
    make_os(tmp_path)
    found = find_os("debian+stable", [str(tmp_path)])
    assert (found.api_versions, found.api_version) == ((20, 15, 10, 5), 20)
    assert found.variants == ("stable", "unstable")
    assert found.parameters == {"dhcp": "Use DHCP", "flag": ""}
    assert found.is_trusted


Break = Callable[[Path], object]


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda p: (p / "ganeti_api_version").unlink(), "Required file 'ganeti_api_version' not found under path"),
        (lambda p: (p / "ganeti_api_version").write_text("x\n"), "can't be converted to integer"),
        (lambda p: (p / "ganeti_api_version").write_text("5\n"), "API version mismatch"),
        (lambda p: (p / "ganeti_api_version").write_text("\n"), "API version mismatch"),
        (lambda p: (p / "import").unlink(), "File 'import' under path .* is missing"),
        (lambda p: (p / "rename").chmod(0o644), "is not executable"),
        (lambda p: ((p / "export").unlink(), (p / "export").mkdir()), "is not a regular file"),
        (lambda p: (p / "create").unlink(), "A create script"),
        (lambda p: ((p / "create").unlink(), (p / "create").symlink_to("/absent")), "'create' .* is missing"),
        (lambda p: (p / "verify").unlink(), "File 'verify' under path .* is missing"),
        (lambda p: (p / "parameters.list").unlink(), "File 'parameters.list' under path .* is missing"),
    ],
)
def test_first_problem_is_reported(tmp_path: Path, damage: Break, message: str) -> None:
    path = make_os(tmp_path)
    damage(path)
    with pytest.raises(OsDefinitionError, match=message):
        load_os("debian", path)
    report = diagnose([str(tmp_path)])[0]
    assert (report.name, report.valid, report.variants) == ("debian", False, [])


def test_old_version_needs_neither_variants_nor_parameters(tmp_path: Path) -> None:
    make_os(tmp_path, **{"ganeti_api_version": "10\n", "verify": None, "parameters.list": None})
    found = find_os("debian", [str(tmp_path)])
    assert found.variants == () and found.variant_of("debian") == ""


def test_untrusted_script_makes_the_definition_untrusted(tmp_path: Path) -> None:
    make_os(tmp_path, create=None, create_untrusted="#!/bin/sh\n")
    assert not find_os("debian", [str(tmp_path)]).is_trusted


def test_earlier_directory_hides_later_ones(tmp_path: Path) -> None:
    make_os(tmp_path / "a")
    make_os(tmp_path / "b")
    make_os(tmp_path / "b", ".hidden")
    path = [str(tmp_path / "absent"), str(tmp_path / "a"), str(tmp_path / "b")]
    assert find_os("debian", path).path == tmp_path / "a" / "debian"
    assert [(item.name, item.path) for item in diagnose(path)] == [
        ("debian", str(tmp_path / "a/debian")),
        ("debian", str(tmp_path / "b/debian")),
    ]


@pytest.mark.parametrize("name", ["absent", "../debian", "", "de.bian"])
def test_unknown_names(tmp_path: Path, name: str) -> None:
    make_os(tmp_path / "x")
    with pytest.raises(OsDefinitionError, match="not found in search path"):
        find_os(name, [str(tmp_path / "x")])


@pytest.mark.parametrize(
    ("has_variants", "name", "accepted"),
    [(True, "d+stable", True), (True, "d", False), (True, "d+old", False), (False, "d", True), (False, "d+x", False)],
)
def test_variant_must_fit(tmp_path: Path, has_variants: bool, name: str, accepted: bool) -> None:
    make_os(tmp_path, "d", **({} if has_variants else {"variants.list": None}))
    found = find_os(name, [str(tmp_path)])
    if accepted:
        found.check_variant(name)
    else:
        with pytest.raises(OsDefinitionError):
            found.check_variant(name)


def test_name_is_split_at_the_first_plus() -> None:
    assert split_name("a+b+c") == ("a", "b+c")
    assert split_name("a") == ("a", "")
