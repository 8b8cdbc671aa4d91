"""Name patterns with ``*`` and ``?`` as regular expressions."""

import re
from typing import Final

_WILDCARDS: Final = {"*": "[^.]*", "?": "[^.]"}


def pattern_regex(pattern: str) -> str:
    """Return the regular expression of a name pattern.

    Wildcards stay within one part of a name, and a pattern for the first parts of a name matches the whole name.
    """
    body = "".join(_WILDCARDS.get(char) or re.escape(char) for char in pattern)
    return rf"^{body}(\..*)?$"
