"""The job queue of the master daemon.

The way of a job: ``queue.JobQueue`` accepts opcodes, gives ids and hands the files to ``commit``, whose one thread
makes many of them durable at a time. Then the job is in the ``table`` and ``scheduler`` (pure) says when it may start.
``workers`` run it, opcode by opcode, through the runner of ``execution``. Every change is a new immutable ``job.Job``
made by a function of ``transitions``; it goes to the file, to the candidates (``replication``) and to whoever waits
for it.
"""

from typing import TYPE_CHECKING

from ganeti.utils.old_names import finder

if not TYPE_CHECKING:
    # Names that programs of other projects know.
    __getattr__ = finder(__name__)
