"""The fields of all resources are those that scripts know."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from ganeti.query.engine import RESOURCES

#: Resource to field name to [title, kind, how filters compare].
KNOWN: dict[str, dict[str, list[str]]] = json.loads((Path(__file__).parent / "data" / "fields.json").read_text())


def _fields() -> list[Any]:
    return [field for resource in RESOURCES.values() for field in resource.fields.values()]


def test_all_resources_are_there() -> None:
    assert sorted(RESOURCES) == sorted(KNOWN)


@pytest.mark.parametrize("resource", sorted(KNOWN))
def test_names_titles_and_kinds_of_a_resource(resource: str) -> None:
    declared = {name: [field.title, field.kind, field.mode.value] for name, field in RESOURCES[resource].fields.items()}
    assert declared == KNOWN[resource]


def test_names_titles_and_descriptions_have_their_form() -> None:
    for field in _fields():
        assert re.fullmatch(r"[a-z0-9/._]+", field.name)
        assert re.fullmatch(r"[^\s]+", field.title)
        assert field.doc[0] == field.doc[0].upper(), field
        assert field.doc[-1] not in ".!,;:?", field
