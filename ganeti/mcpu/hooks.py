"""Hooks around an operation: what scripts get to know, on which nodes they run, and what their failures mean."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from ganeti import constants as c
from ganeti import pathutils
from ganeti.errors import GenericError, HooksAbort, HooksFailure
from ganeti.mcpu.context import MasterContext
from ganeti.mcpu.lu import HookNodeResult, HookResults, LogicalUnitApi
from ganeti.mcpu.lulog import LuLog
from ganeti.objects import ConfigData
from ganeti.opcodes import OpCode
from ganeti.rpc import procedures
from ganeti.rpc.result import RpcResult

if TYPE_CHECKING:
    from ganeti.rpc.client import RpcClient

_LOG = logging.getLogger(__name__)


def hook_environment(
    *,
    config: ConfigData,
    op_id: str,
    hpath: str,
    phase: str,
    htype: str | None,
    variables: Mapping[str, object],
    post_variables: Mapping[str, object] | None = None,
) -> dict[str, str]:
    """Return the whole environment of hooks; *variables* are those of the operation, without prefix."""
    env: dict[str, object] = {
        "PATH": c.HOOKS_PATH,
        "GANETI_HOOKS_VERSION": c.HOOKS_VERSION,
        "GANETI_OP_CODE": op_id,
        "GANETI_DATA_DIR": pathutils.DATA_DIR,
        "GANETI_HOOKS_PHASE": phase,
        "GANETI_HOOKS_PATH": hpath,
        "GANETI_CLUSTER": config.cluster.cluster_name,
        "GANETI_MASTER": config.nodes[config.cluster.master_node].name,
    }
    if htype is not None:
        env["GANETI_OBJECT_TYPE"] = htype
    for prefix, values in (("GANETI_", variables), ("GANETI_POST_", post_variables or {})):
        for key, value in values.items():
            # A variable of the operation must not hide one that every hook relies on.
            assert prefix + key not in env, f"Variable {prefix + key} is set twice"
            env[prefix + key] = value
    return {key: str(value) for key, value in env.items()}


def vetoes(results: HookResults) -> list[tuple[str, str, str]]:
    """Return (node, script, output) of all failed scripts."""
    return [
        (result.node_name, script, output)
        for result in results.values()
        for script, status, output in result.scripts
        if status == c.HKR_FAIL
    ]


class HooksMaster:
    """Runs the hooks of one execution of a logical unit; made once its prerequisites are checked."""

    def __init__(self, context: MasterContext, op: OpCode, lu: LogicalUnitApi, log: LuLog) -> None:
        """Collect the variables and nodes of the pre phase; warnings go to *log*."""
        self._context = context
        self._op_id = op.op_id()
        self._lu = lu
        self._log = log
        self._variables: Mapping[str, object] = {}
        self._pre_nodes: Sequence[str] = ()
        self._post_nodes: Sequence[str] = ()
        if lu.HPATH is not None:
            self._variables = lu.build_hooks_env()
            self._pre_nodes, self._post_nodes = lu.build_hooks_nodes()

    def run_pre(self) -> HookResults:
        """Run the hooks before execution.

        Raises HooksAbort when a script fails, HooksFailure when there is no answer at all.
        """
        if self._lu.HPATH is None:
            return {}
        results = self._run(self._lu.HPATH, c.HOOKS_PHASE_PRE, self._pre_nodes)
        self._warn_unreachable(results)
        if failed := vetoes(results):
            raise HooksAbort([list(veto) for veto in failed])
        return results

    def run_post(self, nodes: Sequence[str] | None = None) -> HookResults:
        """Run the hooks after execution, on *nodes* instead of those that the unit names; failures are warnings."""
        if self._lu.HPATH is None:
            return {}
        if nodes is None:
            nodes = self._lu.prepare_post_hook_nodes(list(self._post_nodes))
        try:
            results = self._run(self._lu.HPATH, c.HOOKS_PHASE_POST, nodes, self._post_variables())
        except HooksFailure as err:
            self._log.warning(f"Post hooks could not be run: {err}")
            return {}
        self._warn_unreachable(results)
        for node, script, output in vetoes(results):
            self._log.warning(f"On {node} script {script} failed, output: {output or '(no output)'}")
        return results

    def run_config_update(self, rpc: "RpcClient") -> None:
        """Run the hooks that follow a change of the configuration, on the master only; results do not matter.

        They are called with *rpc*, which does not mind whether the job was killed: whoever maintains something by these
        hooks must hear of every change.
        """
        master = self._context.config.snapshot().cluster.master_node
        try:
            self._run(c.HOOKS_NAME_CFGUPDATE, c.HOOKS_PHASE_POST, [master], rpc=rpc)
        except HooksFailure as err:
            _LOG.warning("Hooks after the change of the configuration were not run: %s", err)

    def _post_variables(self) -> Mapping[str, object]:
        try:
            return self._lu.build_hooks_env()
        except GenericError as err:
            # The operation is done; hooks that lack some variables are better than a job that looks failed.
            self._log.warning(f"Variables of the post hooks are incomplete: {err}")
            return {}

    def _run(
        self,
        hpath: str,
        phase: str,
        nodes: Iterable[str],
        post_variables: Mapping[str, object] | None = None,
        *,
        rpc: "RpcClient | None" = None,
    ) -> HookResults:
        config = self._context.config.snapshot()
        unique = list(dict.fromkeys(nodes))
        if not unique:
            return {}
        env = hook_environment(
            config=config,
            op_id=self._op_id,
            hpath=hpath,
            phase=phase,
            htype=self._lu.HTYPE,
            variables=self._variables,
            post_variables=post_variables,
        )
        master = config.cluster.master_node
        results: dict[str, HookNodeResult] = {}
        if master in unique and not self._context.master_may_have_hooks(pathutils.hooks_dir(hpath, phase)):
            # Every operation comes by here three times; most clusters have few hooks or none.
            unique.remove(master)
            results[master] = HookNodeResult(config.nodes[master].name)
        if unique:
            answers = (rpc or self._context.rpc).call(unique, procedures.hooks_runner, hpath, phase, env)
            if not answers:
                raise HooksFailure("Communication Failure")
            results.update((uuid, _node_result(config, uuid, answer)) for uuid, answer in answers.items())
        return results

    def _warn_unreachable(self, results: HookResults) -> None:
        for result in results.values():
            if result.failure is not None and not result.offline:
                self._log.warning(f"Communication failure to node {result.node_name}: {result.failure}")


def _node_result(config: ConfigData, uuid: str, answer: RpcResult[list[tuple[str, int, str]]]) -> HookNodeResult:
    """Turn the answer of a node into a value with its name."""
    node = config.nodes.get(uuid)
    name = node.name if node else uuid
    if answer.offline or answer.fail_msg:
        return HookNodeResult(name, failure=answer.fail_msg, offline=answer.offline)
    return HookNodeResult(name, tuple((script, status, output) for script, status, output in answer.payload))
