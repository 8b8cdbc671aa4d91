"""The job queue of the master daemon.

The way of a job: ``queue.JobQueue`` accepts opcodes, gives ids and hands the files to ``storage`` whose one thread makes
many of them durable at a time; then the job is in the table and ``scheduler`` (pure) says when it may start; ``workers``
run it, opcode by opcode, through the runner of ``execution``; every change is a new immutable ``job.Job`` made by a
function of ``transitions``, goes to the file, to the candidates (``replication``) and to whoever waits for it (``watch``).
"""
