"""Runs hooks: the administrator's programs around operations."""

import os
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from ganeti import constants as c
from ganeti import errors, pathutils
from ganeti.backend.base import RPCFail, implements
from ganeti.rpc import procedures
from ganeti.utils.process import run_cmd
from ganeti.utils.text import safe_encode

#: (script relative to the hooks directory, HKR_* code, output)
HookResult = tuple[str, int, str]

_NAME: Final = re.compile(c.EXT_PLUGIN_MASK)
#: The master stops waiting after RPC_TMO_NORMAL; no script must go on when nobody cares any more.
_TOTAL_TIMEOUT_S: Final = c.RPC_TMO_NORMAL - 10.0


@dataclass(frozen=True)
class HookPolicy:
    """What the administrator of this node decided about hooks.

    ``script_timeout_s`` limits each script in addition to the limit of all together; ``stops_at_failure``: after a
    failed pre hook, which makes the operation fail anyway, the others are skipped.
    """

    script_timeout_s: float | None = None
    stops_at_failure: bool = False


_policy = HookPolicy()


def set_policy(policy: HookPolicy) -> None:
    """Run hooks like this from now on; for the start of the daemon."""
    global _policy
    _policy = policy


@implements(procedures.hooks_runner)
def hooks_runner(hpath: str, phase: str, env: dict[str, str]) -> list[HookResult]:
    """Run the hooks of a path, one after the other, whatever the result of earlier ones is."""
    if phase not in (c.HOOKS_PHASE_PRE, c.HOOKS_PHASE_POST):
        raise RPCFail(f"Unknown hooks phase '{phase}'")
    if _NAME.fullmatch(hpath) is None:
        raise RPCFail(f"Invalid hooks path '{hpath}'")
    stops_at_failure = _policy.stops_at_failure and phase == c.HOOKS_PHASE_PRE
    directory = pathutils.hooks_dir(hpath, phase)
    return run_hooks(pathutils.HOOKS_BASE_DIR, directory, env, stops_at_failure=stops_at_failure)


def run_hooks(base: str, directory: str, env: Mapping[str, str], *, stops_at_failure: bool = False) -> list[HookResult]:
    """Run the hooks in a subdirectory of *base* with exactly the environment *env*."""
    environment = {**env, **_virtual_environment()}
    deadline = time.monotonic() + _TOTAL_TIMEOUT_S
    results: list[HookResult] = []
    is_over = False
    for name, is_runnable in _entries(f"{base}/{directory}"):
        shown = f"{directory}/{name}"
        if not is_runnable or is_over:
            results.append((shown, c.HKR_SKIP, ""))
            continue
        timeout_s = min(max(1.0, deadline - time.monotonic()), _policy.script_timeout_s or _TOTAL_TIMEOUT_S)
        code, output = _run(f"{base}/{shown}", environment, timeout_s)
        is_over = stops_at_failure and code == c.HKR_FAIL
        results.append((shown, code, safe_encode(output.strip())))
    return results


def _virtual_environment() -> dict[str, str]:
    """Return what tells programs which node of a virtual cluster they run on; empty on a real node."""
    if not pathutils.VIRTUAL_ROOT:
        return {}
    return {
        c.V_CLUSTER_ROOTDIR_ENVNAME: pathutils.VIRTUAL_ROOT,
        c.V_CLUSTER_HOSTNAME_ENVNAME: pathutils.VIRTUAL_HOSTNAME,
        # The master sent its own; on real nodes it is the same everywhere.
        "GANETI_DATA_DIR": pathutils.DATA_DIR,
    }


def _entries(directory: str) -> Iterator[tuple[str, bool]]:
    """Give the visible entries of a directory in byte order, and whether each is to be run."""
    try:
        names = os.listdir(os.fsencode(directory))
    except FileNotFoundError:
        return
    except OSError as err:
        raise RPCFail(f"Cannot read the hooks directory {directory}: {err.strerror}") from err
    for raw in sorted(names):
        name = os.fsdecode(raw)
        if not name.startswith("."):
            path = f"{directory}/{name}"
            yield name, bool(_NAME.fullmatch(name)) and os.path.isfile(path) and os.access(path, os.X_OK)


def _run(path: str, env: Mapping[str, str], timeout_s: float) -> tuple[int, str]:
    try:
        result = run_cmd([path], timeout_s=timeout_s, env=env, reset_env=True)
    except errors.OpExecError as err:
        return c.HKR_FAIL, f"Hook script execution error: {err}"
    if result.timed_out:
        return c.HKR_FAIL, f"{result.output}\n(stopped: it ran for too long)"
    return (c.HKR_FAIL if result.failed else c.HKR_SUCCESS), result.output
