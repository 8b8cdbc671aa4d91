"""gnt-debug test-osparams: secret OS parameters on their way into a job."""

from ganeti import constants as c
from ganeti import opcodes
from ganeti.cli import submit
from ganeti.cli.invocation import Invocation
from ganeti.client.instance import parameters


def run(call: Invocation) -> int:
    """Submit the test; the job's messages show what has arrived."""
    op = opcodes.OpTestOsParams(osparams_secret=parameters.secrets(call.options.osparams_secret))
    submit.submit_or_run(call, op)
    return c.EXIT_SUCCESS
