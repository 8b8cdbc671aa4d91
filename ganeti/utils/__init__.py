"""Files, processes, text and network helpers without knowledge of clusters."""

from typing import TYPE_CHECKING

from ganeti.utils.old_names import finder

if not TYPE_CHECKING:
    # Names that programs of other projects know.
    __getattr__ = finder(__name__)
