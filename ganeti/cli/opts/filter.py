"""Options of gnt-filter."""

from ganeti.cli.options import Option

ACTION = Option(
    ("--action",),
    "action",
    help="what happens to matching jobs: ACCEPT, CONTINUE, PAUSE, REJECT or 'RATE_LIMIT n'",
    type="filteraction",
    default="CONTINUE",
)
PREDICATES = Option(
    ("--predicates",),
    "predicates",
    help="conditions that a job must all meet, as a JSON list of [name, expression]",
    type="json",
    default=[],
)
PRIORITY = Option(
    ("--priority",),
    "priority",
    help="place of the rule: those with lower numbers are tried first",
    type="int",
    default=0,
)
