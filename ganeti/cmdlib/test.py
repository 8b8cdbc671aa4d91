"""Operations for tests of the job queue: waiting, with locks, and telling at which point of its life a job is."""

from typing import Any, Final

import msgspec

from ganeti import constants as c
from ganeti.cmdlib import rendezvous
from ganeti.cmdlib.base import Feedback, LogicalUnit, lu_for
from ganeti.cmdlib.names import find_nodes
from ganeti.errors import GenericError, OpExecError, OpPrereqError
from ganeti.opcodes import OpTestDelay, OpTestJqueue
from ganeti.rpc import procedures

#: Seconds that a client has to connect, and then to let the job go on.
CONNECT_TIMEOUT_S: Final = 20.0
CONFIRM_TIMEOUT_S: Final = 60.0


@lu_for(OpTestDelay)
class LUTestDelay(LogicalUnit[OpTestDelay]):
    """Wait for some time, on nodes or in the master daemon."""

    REQ_BGL = False

    def check_arguments(self) -> None:
        """Check the duration."""
        if self.op.duration <= 0:
            raise OpPrereqError("Duration must be greater than zero", c.ECODE_INVAL)

    def expand_names(self) -> None:
        """Lock the nodes to wait on, unless no locks are wanted."""
        config = self.snapshot()
        uuids = {node.uuid for node in find_nodes(config, self.op.on_nodes)}
        if self.op.on_master:
            uuids.add(config.cluster.master_node)
        self.op = msgspec.structs.replace(self.op, on_node_uuids=sorted(uuids))
        self.needed_locks = {} if self.op.no_locks else {c.LEVEL_NODE: sorted(uuids)}

    def exec(self, feedback: Feedback) -> None:
        """Wait, once or as often as asked."""
        if self.op.repeat == 0:
            self._delay(feedback)
        for number in range(self.op.repeat):
            self.log_info(f"Test delay iteration {number}/{self.op.repeat - 1}")
            self._delay(feedback)

    def _delay(self, feedback: Feedback) -> None:
        if self.op.interruptible:
            self._delay_until_interrupted(feedback)
        elif self.op.on_node_uuids:
            results = self.rpc.call(self.op.on_node_uuids, procedures.test_delay, self.op.duration)
            nodes = self.snapshot().nodes
            for uuid, result in results.items():
                # Without locks a node may be removed meanwhile.
                name = nodes[uuid].name if uuid in nodes else uuid
                result.raise_(f"Failure during the test delay on node {name}")
        else:
            rendezvous.sleep(self.op.duration, self.env.check_abort)

    def _delay_until_interrupted(self, feedback: Feedback) -> None:
        """Wait in the master daemon until the time is over or a client connects and sends something or hangs up."""
        with rendezvous.listening_socket() as (listener, path):
            feedback([path], c.ELOG_DELAY_TEST)
            if not rendezvous.wait_readable(listener, self.op.duration, self.env.check_abort):
                return
            client, _ = listener.accept()
            with client:
                rendezvous.wait_readable(client, self.op.duration, self.env.check_abort)


@lu_for(OpTestJqueue)
class LUTestJqueue(LogicalUnit[OpTestJqueue]):
    """Report at given points through a socket, and go on when the client has seen it."""

    REQ_BGL = False

    def expand_names(self) -> None:
        """Lock the master node."""
        self.needed_locks = {c.LEVEL_NODE: [self.snapshot().cluster.master_node]}
        if self.op.notify_waitlock:
            self._notify(c.JQT_EXPANDNAMES, None, as_prereq=True)

    def exec(self, feedback: Feedback) -> bool:
        """Send the messages, or fail if asked to."""
        if self.op.notify_exec:
            self._notify(c.JQT_EXEC, None)
        self.log_info("Executing")
        if self.op.log_messages:
            self._notify(c.JQT_STARTMSG, len(self.op.log_messages))
            for number, message in enumerate(self.op.log_messages, 1):
                self.log_info(f"Sending log message {number}")
                feedback(c.JQT_MSGPREFIX + message)
                self._notify(c.JQT_LOGMSG, number)
        if self.op.fail:
            raise OpExecError("Opcode failure was requested")
        return True

    def _notify(self, test: str, arg: Any, *, as_prereq: bool = False) -> None:
        """Announce a socket and *test*, and wait until a client has connected and hung up."""

        def failure(text: str) -> GenericError:
            return OpPrereqError(text, c.ECODE_STATE) if as_prereq else OpExecError(text)

        check = self.env.check_abort
        with rendezvous.listening_socket() as (listener, path):
            self.feedback([path, test, arg], c.ELOG_JQUEUE_TEST)
            if not rendezvous.wait_readable(listener, CONNECT_TIMEOUT_S, check):
                raise failure(f"No client connected within {CONNECT_TIMEOUT_S:.0f} seconds")
            client, _ = listener.accept()
        with client:
            if not rendezvous.wait_readable(client, CONFIRM_TIMEOUT_S, check):
                raise failure(f"The client did not hang up within {CONFIRM_TIMEOUT_S:.0f} seconds")
