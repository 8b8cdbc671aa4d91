"""Texts of errors as administrators see them."""

from ganeti import errors


def test_error_about_the_configuration_is_its_summary() -> None:
    error = errors.ConfigVerifyError("config.data cannot be used: a; b", ["a", "b"])
    assert str(error) == "config.data cannot be used: a; b"
    assert errors.encode_exception(error) == ["ConfigVerifyError", ["config.data cannot be used: a; b", ["a", "b"]]]
