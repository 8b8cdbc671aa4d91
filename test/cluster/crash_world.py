"""What tests of a killed master daemon work with: operations, what is true on the nodes, and the documented repairs.

The world has an OS definition and hooks that note when they run, so that tests see whether anything ran twice.
"""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ganeti import constants as c
from test.cluster.killable_master import JobState, KillableMaster, MasterGone
from test.cluster.virtual import VirtualCluster

OPERATIONS: Final = ("create", "migrate", "remove")
UNCLEAN: Final = "Unclean master daemon shutdown"

_HOOK: Final = """#!/bin/sh
echo "$GANETI_HOOKS_PATH $GANETI_INSTANCE_NAME" >> {log}
"""
CREATE_SCRIPT: Final = """#!/bin/sh
echo "installed $INSTANCE_NAME" >> {log}
echo content > "$DISK_0_PATH"
"""
#: Hook directories by operation.
_HOOK_PATHS: Final = {"create": "instance-add", "migrate": "instance-migrate", "remove": "instance-remove"}


@dataclass(frozen=True)
class Truth:
    """What is the case with one instance, in the configuration and on the nodes."""

    admin_state: str | None
    is_unfinished: bool
    primary: int | None
    runs_on: tuple[int, ...]
    missing_disks: int
    files: int

    @property
    def is_absent(self) -> bool:
        """True if there is no trace of it."""
        return self.admin_state is None and not self.runs_on and not self.files

    @property
    def is_whole(self) -> bool:
        """True if it is complete and as it ought to be."""
        if self.admin_state is None or self.is_unfinished or self.missing_disks or not self.files:
            return False
        return self.runs_on == ((self.primary,) if self.admin_state == c.ADMINST_UP else ())


@dataclass(frozen=True)
class Acknowledged:
    """What a client was told before the daemon died: job ids, and the final states it saw."""

    ids: tuple[int, ...]
    final: dict[int, JobState]

    @property
    def is_complete(self) -> bool:
        """True if the client saw the end of all its jobs."""
        return bool(self.ids) and len(self.final) == len(self.ids)


class CrashWorld:
    """A cluster whose master daemon is killed again and again."""

    def __init__(self, cluster: VirtualCluster, master: KillableMaster, os_name: str, log: Path) -> None:
        self.cluster = cluster
        self.master = master
        self._os_name = os_name
        self._log = log
        #: How often which repair was needed.
        self.repairs: Counter[str] = Counter()
        self._shared = Path(cluster.layout.directory)

    def install_hooks(self) -> None:
        """Let the pre hooks of all operations note that they ran, on the master only."""
        for path in _HOOK_PATHS.values():
            directory = self.cluster.root() / f"etc/ganeti/hooks/{path}-pre.d"
            directory.mkdir(parents=True, exist_ok=True)
            (directory / "note").write_text(_HOOK.format(log=self._log))
            (directory / "note").chmod(0o755)

    # operations

    def opcode(self, operation: str, name: str) -> dict[str, Any]:
        """Return the opcode of an operation on the instance *name*."""
        if operation == "remove":
            return {"OP_ID": "OP_INSTANCE_REMOVE", "instance_name": name, "shutdown_timeout": 5}
        if operation == "migrate":
            target = self.cluster.nodes[1 - self._config_primary(name)]
            return {"OP_ID": "OP_INSTANCE_MIGRATE", "instance_name": name, "target_node": target, "mode": "live"}
        return {
            "OP_ID": "OP_INSTANCE_CREATE",
            "instance_name": name,
            "mode": c.INSTANCE_CREATE,
            "disk_template": c.DT_SHARED_FILE,
            "disks": [{"size": 4}, {"size": 4}],
            "nics": [],
            "pnode": self.cluster.nodes[1],
            "os_type": self._os_name,
            "hypervisor": c.HT_FAKE,
            "beparams": {"minmem": 8, "maxmem": 8},
            "start": True,
        }

    def prepare(self, operation: str, name: str) -> None:
        """Make the instance that the operation needs."""
        if operation != "create" and self.truth(name).is_absent:
            (job_id,) = self.master.luxi.submit(self.opcode("create", name))
            state = self.master.luxi.wait([job_id])[job_id]
            assert state.status == c.JOB_STATUS_SUCCESS, state
        assert self.truth(name).is_whole or operation == "create"

    def remove(self, name: str) -> None:
        """Remove the instance if there is one."""
        if not self.truth(name).is_absent:
            (job_id,) = self.master.luxi.submit(self.opcode("remove", name))
            state = self.master.luxi.wait([job_id])[job_id]
            assert state.status == c.JOB_STATUS_SUCCESS, state

    def perform(self, jobs: Sequence[dict[str, Any]], on_submission: Callable[[], None] = lambda: None) -> Acknowledged:
        """Submit jobs and watch them until they or the daemon end."""
        luxi = self.master.luxi
        ids: list[int] = []
        final: dict[int, JobState] = {}
        on_submission()
        try:
            ids = luxi.submit(*jobs)
            while len(final) < len(ids):
                final.update({state.id: state for state in luxi.jobs(ids).values() if state.is_final})
        except MasterGone:
            pass
        return Acknowledged(tuple(ids), final)

    # what is the case

    def config(self) -> dict[str, Any]:
        """Return the configuration on disk."""
        content: dict[str, Any] = json.loads((self.cluster.root() / "var/lib/ganeti/config.data").read_text())
        return content

    def _config_primary(self, name: str) -> int:
        primary = self.truth(name).primary
        assert primary is not None
        return primary

    def truth(self, name: str) -> Truth:
        """Look at the configuration and the nodes."""
        config = self.config()
        found = next((item for item in config["instances"].values() if item["name"] == name), None)
        runs_on = tuple(
            number
            for number in range(len(self.cluster.nodes))
            if (self.cluster.root(number) / f"var/run/ganeti/fake-hypervisor/{name}").exists()
        )
        files = [path for path in self._shared.glob(f"**/{name}/*") if path.name != name and "shared" in str(path)]
        if found is None:
            return Truth(None, False, None, runs_on, 0, len(files))
        paths = [config["disks"][uuid]["logical_id"][1] for uuid in found["disks"]]
        return Truth(
            found["admin_state"],
            bool(found.get("forthcoming")),
            self.cluster.nodes.index(config["nodes"][found["primary_node"]]["name"]),
            runs_on,
            sum(not Path(path).exists() for path in paths),
            len(files),
        )

    def notes(self, operation: str, name: str) -> int:
        """Return how often the pre hook of an operation ran for an instance."""
        return self._lines().count(f"{_HOOK_PATHS[operation]} {name}")

    def installations(self, name: str) -> int:
        """Return how often the OS was installed on an instance."""
        return self._lines().count(f"installed {name}")

    def _lines(self) -> list[str]:
        return self._log.read_text().splitlines() if self._log.exists() else []

    def findings(self) -> str:
        """Return what `gnt-cluster verify` complains about; checks that its exit code fits."""
        result = self.cluster.run("gnt-cluster", "verify", check=False)
        lines = [line for line in result.output.splitlines() if "ERROR" in line or "WARNING" in line]
        assert (result.exit_code == 0) == (not any("ERROR" in line for line in lines)), result.output
        # Definitions of operating systems are those of the machine, where other tests may have broken ones.
        return "\n".join(line for line in lines if "invalid OS" not in line)

    # repairs, as in doc/repair.rst

    def repair(self, name: str, findings: str) -> None:
        """Do for the instance what the documentation says about what verification found."""
        if f"creation of instance {name} was not finished" in findings or "is missing on node" in findings:
            command = ["remove", "--force"]
        elif "should not run on node" in findings:
            command = ["migrate", "--force", "--cleanup"]
        elif "not running on its primary node" in findings:
            command = ["startup"]
        else:
            raise AssertionError(f"No repair is documented for: {findings}")
        self.cluster.run("gnt-instance", *command, name)
        self.repairs[" ".join(command)] += 1
