"""Texts of errors as administrators see them."""

import pytest

from ganeti import errors


def test_error_about_the_configuration_is_its_summary() -> None:
    error = errors.ConfigVerifyError("config.data cannot be used: a; b", ["a", "b"])
    assert str(error) == "config.data cannot be used: a; b"
    assert errors.encode_exception(error) == ["ConfigVerifyError", ["config.data cannot be used: a; b", ["a", "b"]]]


def test_name_that_does_not_resolve_is_told_in_words() -> None:
    error = errors.ResolverError("nosuch.example.com", -2, "Name or service not known")
    assert str(error) == "Cannot resolve the name 'nosuch.example.com': Name or service not known"


def test_other_version_of_the_configuration_is_told_with_the_remedy() -> None:
    error = errors.ConfigVersionMismatch(3010000, 3000000)
    assert str(error) == "The configuration has version 3.0.0, this release needs 3.1.0; convert it with cfgupgrade"
    assert errors.encode_exception(error) == ["ConfigVersionMismatch", [3010000, 3000000]]


def test_failed_assertion_tells_what_and_where() -> None:
    with pytest.raises(AssertionError) as failed:
        _require_positive(-1)
    name, (text,) = errors.encode_for_job(failed.value)
    assert name == "OpExecError"
    assert text.startswith("Internal assertion error: please report this as a bug. not positive")
    assert "_require_positive" in text and "test_errors.py" in text


def test_foreign_exception_is_its_text() -> None:
    assert errors.encode_for_job(ValueError("no number")) == ["OpExecError", ["no number"]]
    assert errors.encode_for_job(ValueError()) == ["OpExecError", ["ValueError"]]


def _require_positive(number: int) -> None:
    if number <= 0:
        raise AssertionError("not positive")
