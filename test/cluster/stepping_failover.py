"""gnt-cluster master-failover that tells the name of each of its steps and waits for a line before it takes it."""

import sys
from collections.abc import Callable
from typing import Any, Final

from ganeti.bootstrap import failover
from ganeti.client import gnt_cluster

#: The methods of a failover that others can see, in their order.
STEPS: Final = (
    "_check_votes",
    "_stop_old_master",
    "_wait_for_newest_copy",
    "_take_role",
    "_tell_others",
    "_wait_for_address_gone",
    "_wait_for_end_of_tenure",
    "_start_daemons",
    "_wait_for_address",
)


def _stepping(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    def step(*args: Any, **kwargs: Any) -> Any:
        print(f"STEP {name}", flush=True)
        sys.stdin.readline()
        return function(*args, **kwargs)

    return step


def main() -> int:
    """Run the command."""
    for name in STEPS:
        setattr(failover._Failover, name, _stepping(name, getattr(failover._Failover, name)))
    return gnt_cluster.main(["master-failover"])


if __name__ == "__main__":
    sys.exit(main())
