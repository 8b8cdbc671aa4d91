"""ganeti-noded that gives instance allocators two seconds."""

import sys

from ganeti.backend import site_programs

LIMIT_S = 2.0


def main() -> int:
    """Run the node daemon with the arguments of this program."""
    from ganeti.server import noded

    setattr(site_programs, "_ALLOCATOR_TIMEOUT_S", LIMIT_S)  # noqa: B010
    return noded.main()


if __name__ == "__main__":
    sys.exit(main())
