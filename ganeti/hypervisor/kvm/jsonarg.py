"""JSON objects as command line arguments of QEMU."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec


def json_argument(value: Mapping[str, Any]) -> str:
    """Encode an object in the order of its keys, without blanks."""
    return msgspec.json.encode(dict(value)).decode()
