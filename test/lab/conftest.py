"""Fixtures: the program as it is installed on machines, and nodes that have it."""

import os
from collections.abc import Iterator

import pytest

from test.lab.nodes import Installation, Lab


@pytest.fixture(scope="session", autouse=True)
def _needs_root() -> None:
    """Fail, not skip: a run that could not check anything must not look like success."""
    if os.getuid() != 0:
        pytest.fail("the lab needs root: it makes namespaces")


@pytest.fixture(scope="session")
def installation() -> Iterator[Installation]:
    """The program, installed below a directory."""
    with Installation() as image:
        yield image


@pytest.fixture(scope="module")
def lab(installation: Installation) -> Iterator[Lab]:
    """Three nodes for the tests of one file; they belong to no cluster at first."""
    with Lab(installation, nodes=3) as nodes:
        yield nodes
