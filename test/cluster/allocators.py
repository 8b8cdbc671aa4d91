"""Instance allocators made for tests; master nodes search for them where real ones do."""

import contextlib
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_DIRECTORY: Final = Path("/usr/local/lib/ganeti/iallocators")

#: Puts everything on the usable node with the fewest primary instances, in the group that is wanted.
CHOOSING: Final = """
import collections, json, sys

data = json.load(open(sys.argv[1]))
request, nodes, instances = data["request"], data["nodes"], data["instances"]
kind = request["type"]
load = collections.Counter(i["nodes"][0] for i in instances.values())

def choose(groups, without=()):
    allowed = request.get("restrict-to-nodes", nodes)
    found = [
        name for name, node in nodes.items()
        if node["group"] in groups and name in allowed and name not in without
        and not node["offline"] and not node["drained"] and node["vm_capable"]
    ]
    if not found:
        print(json.dumps({"success": False, "info": "no usable node", "result": []}))
        sys.exit()
    name = min(found, key=lambda name: load[name])
    load[name] += 1
    return name

def group_of(instance):
    return nodes[instances[instance]["nodes"][0]]["group"]

def groups_called(name):
    return [uuid for uuid, group in data["nodegroups"].items() if name in (None, group["name"])]

def move(name, groups):
    node = choose(groups, [instances[name]["nodes"][0]])
    job = [{"OP_ID": "OP_INSTANCE_MIGRATE", "instance_name": name, "target_node": node, "allow_failover": True}]
    return [name, data["nodegroups"][nodes[node]["group"]]["name"], [node]], job

if kind == "allocate":
    result = [choose(groups_called(request["group_name"])) for _ in range(request["required_nodes"])]
elif kind == "multi-allocate":
    result = [[[new["name"], [choose(groups_called(new["group_name"]))]] for new in request["instances"]], []]
elif kind == "relocate":
    result = [choose([group_of(request["name"])], request["relocate_from"])]
else:
    targets = request.get("target_groups")
    moves = [move(name, targets or [group_of(name)]) for name in request["instances"]]
    result = [[moved for moved, _ in moves], [], [job for _, job in moves]]
print(json.dumps({"success": True, "info": "options: " + " ".join(sys.argv[2:]), "result": result}))
"""
FAILING: Final = """
import sys

print("about to fail")
sys.exit("no licence")
"""
RUBBISH: Final = "print('I would rather not say')"
#: Wants everything to be moved to a node that is in no cluster.
LOST: Final = """
import json, sys

names = json.load(open(sys.argv[1]))["request"].get("instances")
jobs = [[{"OP_ID": "OP_INSTANCE_MIGRATE", "instance_name": name, "target_node": "atlantis"}] for name in names or ()]
result = ["atlantis"] if names is None else [[[name, "default", ["atlantis"]] for name in names], [], jobs]
print(json.dumps({"success": True, "info": "", "result": result}))
"""
#: Knows that there is no room.
REFUSING: Final = """
import json

print(json.dumps({"success": False, "info": "everything is full", "result": []}))
"""
#: Notes its process id, then waits for something that never comes.
HANGING: Final = """
import os, signal

with open({pid_file!r} + ".new", "w") as file:
    file.write(str(os.getpid()))
os.rename({pid_file!r} + ".new", {pid_file!r})
signal.pause()
"""


@contextlib.contextmanager
def allocator(source: str) -> Iterator[str]:
    """Install an allocator written in Python and give its name, which no other test run has."""
    made = [path for path in (_DIRECTORY.parent, _DIRECTORY) if not path.exists()]
    _DIRECTORY.mkdir(parents=True, exist_ok=True)
    number = 0
    while True:
        path = _DIRECTORY / f"test-{os.getpid()}-{number}"
        try:
            with path.open("x") as file:
                file.write(f"#!{sys.executable}\n{source}")
            break
        except FileExistsError:
            number += 1
    try:
        path.chmod(stat.S_IRWXU)
        yield path.name
    finally:
        path.unlink()
        for directory in reversed(made):
            with contextlib.suppress(OSError):
                directory.rmdir()
