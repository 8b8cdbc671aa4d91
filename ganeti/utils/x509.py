"""Certificates of the cluster and its nodes: making them, digests, how long they are valid."""

import datetime
import enum
import os
import time
from dataclasses import dataclass
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from ganeti import constants as c
from ganeti.utils.files import backup_file, write_atomic

KEY_BITS: Final = 2048
VALIDITY_DAYS: Final = c.X509_CERT_DEFAULT_VALIDITY
CLUSTER_COMMON_NAME: Final = c.X509_CERT_CN
#: Private keys are readable by their owner and group only.
PEM_MODE: Final = 0o440
#: Serial number of self-signed certificates.
_FIRST_SERIAL: Final = 1
#: Clock skew between nodes that makes no certificate "not valid yet", in seconds.
_CLOCK_SKEW_S: Final = c.NODE_MAX_CLOCK_SKEW


@dataclass(frozen=True)
class KeyPair:
    """A private key with its certificate."""

    key: rsa.RSAPrivateKey
    certificate: x509.Certificate

    def to_pem(self) -> bytes:
        """Return the key followed by the certificate."""
        key = self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return key + self.certificate_pem()

    def certificate_pem(self) -> bytes:
        """Return the certificate alone."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _builder(
    key: rsa.RSAPrivateKey, common_name: str, issuer: x509.Name, serial: int, validity_s: int
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
    return (
        x509.CertificateBuilder()
        .subject_name(_name(common_name))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(seconds=validity_s))
    )


def make_self_signed(common_name: str = CLUSTER_COMMON_NAME, *, validity_s: int = VALIDITY_DAYS * 86400) -> KeyPair:
    """Make a self-signed certificate that may sign others (the cluster certificate signs those of the nodes)."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    builder = _builder(key, common_name, _name(common_name), _FIRST_SERIAL, validity_s)
    # Without this extension OpenSSL does not accept a version 3 certificate as the signer of another one.
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    return KeyPair(key, builder.sign(key, hashes.SHA256()))


def make_signed(
    common_name: str, signer: KeyPair, *, serial: int | None = None, validity_s: int = VALIDITY_DAYS * 86400
) -> KeyPair:
    """Make a certificate signed with the key of *signer*; *serial* is the Unix time unless given."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    number = int(time.time()) if serial is None else serial
    builder = _builder(key, common_name, signer.certificate.subject, number, validity_s)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    return KeyPair(key, builder.sign(signer.key, hashes.SHA256()))


def load_key_pair(path: str) -> KeyPair:
    """Read a PEM file that holds a private key and a certificate.

    Raises OSError, and ValueError if it holds something else.
    """
    with open(path, "rb") as file:
        pem = file.read()
    key = serialization.load_pem_private_key(pem, password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError(f"{path} holds no RSA key")
    return KeyPair(key, x509.load_pem_x509_certificate(pem))


def load_certificate(path: str) -> x509.Certificate:
    """Read the first certificate of a PEM file. Raises OSError, and ValueError if there is none."""
    with open(path, "rb") as file:
        return x509.load_pem_x509_certificate(file.read())


def write_key_pair(path: str, pair: KeyPair, *, uid: int = -1, gid: int = -1) -> None:
    """Write key and certificate to a PEM file; an old one is kept as a backup."""
    backup_file(path)
    write_atomic(path, pair.to_pem(), mode=PEM_MODE, uid=uid, gid=gid)


def generate_cluster_certificate(path: str, *, uid: int = -1, gid: int = -1) -> KeyPair:
    """Make the certificate that all nodes of a cluster share (``server.pem``)."""
    pair = make_self_signed()
    write_key_pair(path, pair, uid=uid, gid=gid)
    return pair


def generate_client_certificate(
    path: str, node_name: str, cluster_pem: str, *, serial: int | None = None, uid: int = -1, gid: int = -1
) -> str:
    """Make the certificate of one node (``client.pem``), signed by the cluster's; return its digest.

    Raises OSError or ValueError if the cluster certificate cannot be read.
    """
    pair = make_signed(node_name, load_key_pair(cluster_pem), serial=serial)
    write_key_pair(path, pair, uid=uid, gid=gid)
    return digest_of(pair.certificate)


def format_digest(digest: bytes) -> str:
    """Return a digest as ``AA:BB:...``."""
    return digest.hex(":").upper()


def digest_of(certificate: x509.Certificate) -> str:
    """Return the SHA-1 digest that names a certificate within the cluster, as ``AA:BB:...``."""
    # SHA-1 is the format of the configuration and of ssconf; it pins certificates whose chain is checked besides.
    return format_digest(certificate.fingerprint(hashes.SHA1()))


def sha256_digest_of(certificate: x509.Certificate) -> str:
    """Return the SHA-256 digest of a certificate, as ``AA:BB:...``."""
    return format_digest(certificate.fingerprint(hashes.SHA256()))


def digest_of_file(path: str) -> str:
    """Return the SHA-1 digest of the certificate in a PEM file. Raises OSError, ValueError."""
    return digest_of(load_certificate(path))


class Severity(enum.Enum):
    """How bad something about a certificate is; the values are those that nodes report to the master."""

    WARNING = "WARNING"
    ERROR = "ERROR"


def is_expired(certificate: x509.Certificate, *, now: float | None = None) -> bool:
    """Tell whether the time of a certificate is over, even for a node whose clock is late."""
    moment = (time.time() if now is None else now) + _CLOCK_SKEW_S
    return moment > certificate.not_valid_after_utc.timestamp()


def check_validity(certificate: x509.Certificate, *, now: float | None = None) -> tuple[Severity, str] | None:
    """Return what is wrong with the period in which a certificate is valid, None if nothing is.

    The present is taken later by the clock skew that nodes may have.
    """
    moment = (time.time() if now is None else now) + _CLOCK_SKEW_S
    starts, ends = certificate.not_valid_before_utc.timestamp(), certificate.not_valid_after_utc.timestamp()
    period = f"(valid from {_utc(starts)} to {_utc(ends)})"
    if moment > ends:
        return Severity.ERROR, f"Certificate is expired {period}"
    if moment < starts:
        return Severity.WARNING, f"Certificate not yet valid {period}"
    days = int((ends - moment) // 86400)
    if days <= c.SSL_CERT_EXPIRATION_ERROR:
        return Severity.ERROR, f"Certificate expires in about {days} days"
    if days <= c.SSL_CERT_EXPIRATION_WARN:
        return Severity.WARNING, f"Certificate expires in about {days} days"
    return None


def _utc(timestamp: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(timestamp))


def check_certificate_file(path: str) -> tuple[Severity, str] | None:
    """Return what is wrong with the certificate in a PEM file, None if nothing is."""
    try:
        certificate = load_certificate(path)
    except (OSError, ValueError) as err:
        return Severity.ERROR, f"Failed to load X509 certificate {path}: {err}"
    problem = check_validity(certificate)
    return None if problem is None else (problem[0], f"While verifying {path}: {problem[1]}")


def check_client_certificate(path: str) -> tuple[Severity, str] | None:
    """Return what is wrong with a node's client certificate, None if nothing is."""
    if not os.path.exists(path):
        return Severity.ERROR, f"Client certificate {path} does not exist"
    if (problem := check_certificate_file(path)) is not None:
        return problem
    certificate = load_certificate(path)
    if certificate.subject == certificate.issuer:
        return Severity.WARNING, f"Client certificate {path} is self-signed, renew it with 'gnt-cluster renew-crypto'"
    return None
