"""Checks on certificates that arrive as text."""

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization

from ganeti.errors import X509CertError

_SOURCE = "(input)"


def public_key(pem: bytes) -> bytes:
    """Return the public key of the first certificate in a PEM text; raises X509CertError."""
    try:
        certificate = x509.load_pem_x509_certificate(pem)
    except ValueError as err:
        raise X509CertError(_SOURCE, f"Cannot read the certificate: {err}") from None
    return certificate.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def has_private_key(pem: bytes) -> bool:
    """Tell whether a PEM text holds a private key."""
    return b"PRIVATE KEY-----" in pem


def check_key_matches(pem: bytes) -> None:
    """Check that a PEM text holds a certificate and the private key that belongs to it; raises X509CertError."""
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise X509CertError(_SOURCE, "Cannot read the private key") from None
    own = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    if own != public_key(pem):
        raise X509CertError(_SOURCE, "The private key does not belong to the certificate")


def certificate_part(pem: bytes) -> str:
    """Return the certificate of a PEM text without any key; raises X509CertError."""
    try:
        certificate = x509.load_pem_x509_certificate(pem)
    except ValueError as err:
        raise X509CertError(_SOURCE, f"Cannot read the certificate: {err}") from None
    return certificate.public_bytes(serialization.Encoding.PEM).decode("ascii")
