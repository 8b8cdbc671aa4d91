"""OP_TEST_OS_PARAMS: show secret OS parameters as they arrive."""

from ganeti.cmdlib.base import Feedback, LogicalUnit, lu_for
from ganeti.opcodes import OpTestOsParams


@lu_for(OpTestOsParams)
class LUTestOsParams(LogicalUnit[OpTestOsParams]):
    """Show the secret OS parameters of an operation to whoever submitted it."""

    REQ_BGL = False

    def expand_names(self) -> None:
        """Take no locks."""
        self.needed_locks = {}

    def exec(self, feedback: Feedback) -> None:
        """Send each parameter as a message: the one place that shows secrets, on purpose."""
        for name, value in sorted((self.op.osparams_secret or {}).items()):
            feedback(f"{name}: {value.get()}")
