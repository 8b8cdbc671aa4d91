"""A program as others have it: tells of every change of a job, one JSON object a line, by watching the job files.

It imports what such programs imported from older releases, and nothing else of this one.
"""

import json
import os
import re
import sys

import pyinotify

from ganeti import cli, constants, errors, jqueue, pathutils, serializer, ssconf, utils

JOB_FILE = re.compile(r"job-(\d+)$")
TIMES = {
    constants.JOB_STATUS_QUEUED: lambda op, job: job.received_timestamp,
    constants.JOB_STATUS_WAITING: lambda op, job: op.start_timestamp,
    constants.JOB_STATUS_CANCELING: lambda op, job: op.start_timestamp,
    constants.JOB_STATUS_RUNNING: lambda op, job: op.exec_timestamp,
}


def nics_of(instance):
    try:
        info = cli.GetClient().QueryInstances([instance], ["nic.macs", "tags"], use_locking=False)
    except errors.OpPrereqError:
        return None
    return info[0][0]


class Handler(pyinotify.ProcessEvent):
    """Reports jobs whose files appear."""

    def my_init(self):
        self.cluster = ssconf.SimpleStore().GetClusterName()

    def process_IN_CLOSE_WRITE(self, event):
        self.report(event, "written")

    def process_IN_MOVED_TO(self, event):
        self.report(event, "moved")

    def report(self, event, how):
        if not JOB_FILE.match(event.name):
            return
        data = serializer.LoadJson(utils.ReadFile(os.path.join(event.path, event.name)))
        job = jqueue._QueuedJob.Restore(None, data, False, False)
        for op in job.ops:
            message = {
                "how": how,
                "cluster": self.cluster,
                "job": job.id,
                "operation": op.input.OP_ID,
                "status": op.status,
                "time": TIMES.get(op.status, lambda op, job: op.end_timestamp)(op, job),
                "result": op.result,
                "logmsg": op.log[-1][-1] if op.log else "",
                "keys": sorted(op.Serialize()),
            }
            if op.status == "success" and hasattr(op.input, "instance_name"):
                message["nics"] = nics_of(op.input.instance_name)
            print(json.dumps(message), flush=True)


def main():
    manager = pyinotify.WatchManager()
    manager.add_watch(pathutils.QUEUE_DIR, pyinotify.IN_CLOSE_WRITE | pyinotify.IN_MOVED_TO)
    notifier = pyinotify.Notifier(manager, Handler())
    print(json.dumps({"ready": True}), flush=True)
    notifier.loop()


if __name__ == "__main__":
    sys.exit(main())
