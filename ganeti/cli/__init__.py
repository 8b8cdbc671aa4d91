"""Machinery shared by the gnt-* programs: options, parsing, submitting jobs, output."""

from typing import TYPE_CHECKING

from ganeti.utils.old_names import finder

if not TYPE_CHECKING:
    # Names that programs of other projects know.
    __getattr__ = finder(__name__)
