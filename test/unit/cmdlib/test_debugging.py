"""Operations for tests of allocators and of secret OS parameters."""

from typing import Any

import pytest

from ganeti import constants as c
from ganeti.cmdlib import debugging
from ganeti.cmdlib.base import create_lu
from ganeti.config import ConfigStore
from ganeti.errors import OpPrereqError
from ganeti.locking import LockManager
from ganeti.mcpu.context import MasterContext
from ganeti.mcpu.joblocks import JobLocks
from ganeti.mcpu.lu import LuEnv
from ganeti.opcodes import OpCode, OpTestAllocator, OpTestOsParams
from ganeti.types import Secret
from test.unit.factories import make_config

_DISKS = [{"size": 1024, "mode": "rw"}]


def run(op: OpCode) -> list[Any]:
    """Run an opcode and return its feedback."""
    messages: list[Any] = []
    store, locks = ConfigStore(make_config()), LockManager()
    context = MasterContext(store, None, locks, create_lu)  # type: ignore[arg-type]  # no node is called

    def feedback(payload: Any, log_type: str = c.ELOG_MESSAGE) -> None:
        messages.append(payload)

    lu: Any = create_lu(op, LuEnv(context, "1", JobLocks(locks, "1", store), feedback, lambda: None))
    lu.check_arguments()
    lu.expand_names()
    lu.check_prereq()
    lu.exec(feedback)
    return messages


def test_secret_parameters_are_shown_to_the_one_who_sent_them() -> None:
    assert run(OpTestOsParams(osparams_secret={"b": Secret("2"), "a": Secret("1")})) == ["a: 1", "b: 2"]


@pytest.mark.parametrize(
    ("params", "problem"),
    [
        ({"mode": "allocate", "name": "new", "disks": None}, "Disks are needed"),
        ({"mode": "allocate", "name": "new", "disks": [{"size": "1", "mode": "rw"}]}, "Invalid disk"),
        ({"mode": "multi-allocate", "name": "new", "disks": [{"size": 1, "mode": "x"}]}, "Invalid disk"),
        ({"mode": "node-evacuate", "name": "node1", "instances": []}, "Instances are needed"),
        ({"mode": "relocate", "name": "inst1", "direction": "out"}, "allocator must be named"),
        ({"mode": "relocate", "name": "nowhere"}, "not known"),
        ({"mode": "change-group", "name": "nowhere", "instances": ["nowhere"]}, "not known"),
        ({"mode": "allocate", "name": "new", "disks": _DISKS}, "cannot run instance allocators"),
    ],
)
def test_requests_for_allocators_are_checked(params: dict[str, Any], problem: str) -> None:
    with pytest.raises(OpPrereqError, match=problem):
        run(OpTestAllocator(**{"direction": "in", **params}))


def test_only_one_job_asks_an_allocator() -> None:
    assert debugging.LUTestAllocator.REQ_BGL
