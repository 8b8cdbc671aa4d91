"""Command lines of daemons and tools."""

import argparse
import sys
from typing import NoReturn

from ganeti import constants as c


class ProgramParser(argparse.ArgumentParser):
    """Ends with exit code 1 on wrong usage, like all our programs."""

    def error(self, message: str) -> NoReturn:
        """Print usage and the problem."""
        self.print_usage(sys.stderr)
        self.exit(c.EXIT_FAILURE, f"{self.prog}: error: {message}\n")
