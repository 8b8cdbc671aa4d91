"""Texts of errors as administrators see them."""

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
