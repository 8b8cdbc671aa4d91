"""Which values node parameters may have, beside their types."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from ganeti import constants as c

_HIGHEST_PORT: Final = 65535


def problems(params: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with node parameters of the right types; the word ``default`` is right for all."""
    port, spindles, speed = (params.get(key) for key in (c.ND_SSH_PORT, c.ND_SPINDLE_COUNT, c.ND_CPU_SPEED))
    if isinstance(port, int) and not 0 < port <= _HIGHEST_PORT:
        yield f"'{c.ND_SSH_PORT}' must be a port number from 1 to {_HIGHEST_PORT}, not {port}"
    if isinstance(spindles, int) and spindles < 0:
        yield f"'{c.ND_SPINDLE_COUNT}' must not be negative: {spindles}"
    if isinstance(speed, (int, float)) and not speed > 0:
        yield f"'{c.ND_CPU_SPEED}' must be positive, not {speed:g}"
