"""Showing secret OS parameters."""

from typing import Any

from ganeti.opcodes import OpTestOsParams
from ganeti.types import Secret
from test.unit.cmdlib.instance.world import World


def test_secret_parameters_are_shown_to_the_one_who_sent_them() -> None:
    world = World()
    parameters: dict[str, Secret[Any]] = {"b": Secret("2"), "a": Secret("1")}
    world.run(OpTestOsParams(osparams_secret=parameters))
    assert world.job.log == ["a: 1", "b: 2"]
