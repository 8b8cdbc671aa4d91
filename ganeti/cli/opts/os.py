"""Options of gnt-os."""

from ganeti.cli.options import Option

BLACKLISTED = Option(
    ("--blacklisted",),
    "blacklisted",
    help="whether new instances must not use the OS definition",
    type="bool",
    metavar="yes|no",
)
HIDDEN = Option(
    ("--hidden",), "hidden", help="whether the OS definition is left out of lists", type="bool", metavar="yes|no"
)
