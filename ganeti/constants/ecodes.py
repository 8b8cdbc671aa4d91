"""Codes of prerequisite errors."""

from typing import Final

#: Node or environment problem.
ECODE_ENVIRON: Final = "environment_error"
#: Object exists.
ECODE_EXISTS: Final = "already_exists"
#: Internal fault.
ECODE_FAULT: Final = "internal_error"
#: Bad parameters.
ECODE_INVAL: Final = "wrong_input"
#: No such object.
ECODE_NOENT: Final = "unknown_entity"
#: Not enough resources, final.
ECODE_NORES: Final = "insufficient_resources"
#: Name or resource taken.
ECODE_NOTUNIQUE: Final = "resource_not_unique"
#: Name resolution failed.
ECODE_RESOLVER: Final = "resolver_error"
#: Object in the wrong state.
ECODE_STATE: Final = "wrong_state"
#: Not enough resources now, a retry may work.
ECODE_TEMP_NORES: Final = "temp_insufficient_resources"
