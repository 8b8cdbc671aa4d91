"""Certificates of the cluster."""

import datetime
import stat
from pathlib import Path

import pytest
from cryptography import x509 as library

from ganeti.utils import x509
from ganeti.utils.x509 import Severity

_DAY = 86400


@pytest.fixture(scope="module")
def cluster() -> x509.KeyPair:
    return x509.make_self_signed()


def test_cluster_certificate_is_what_all_versions_expect(cluster: x509.KeyPair) -> None:
    certificate = cluster.certificate
    assert certificate.subject.rfc4514_string() == "CN=ganeti.example.com"
    assert certificate.issuer == certificate.subject
    assert certificate.serial_number == 1
    assert cluster.key.key_size == 2048
    lifetime = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    assert lifetime == datetime.timedelta(days=5 * 365)


def test_client_certificate_is_signed_by_the_cluster(cluster: x509.KeyPair) -> None:
    pair = x509.make_signed("node1.example.com", cluster, serial=77)
    pair.certificate.verify_directly_issued_by(cluster.certificate)
    assert pair.certificate.subject.rfc4514_string() == "CN=node1.example.com"
    assert pair.certificate.serial_number == 77


def test_files_hold_key_and_certificate_and_old_ones_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "server.pem"
    first = x509.generate_cluster_certificate(str(path))
    assert stat.S_IMODE(path.stat().st_mode) == 0o440
    text = path.read_text()
    assert text.index("PRIVATE KEY") < text.index("BEGIN CERTIFICATE")
    second = x509.generate_cluster_certificate(str(path))
    assert x509.load_key_pair(str(path)).certificate == second.certificate
    (backup,) = tmp_path.glob("server.pem.backup-*")
    assert x509.load_certificate(str(backup)) == first.certificate


def test_digest_is_upper_case_hexadecimal_with_colons(cluster: x509.KeyPair) -> None:
    digest = x509.digest_of(cluster.certificate)
    assert len(digest) == 59
    assert digest == digest.upper()
    assert digest.count(":") == 19


def _at(cluster: x509.KeyPair, days_before_end: float) -> tuple[Severity, str] | None:
    end = cluster.certificate.not_valid_after_utc.timestamp()
    return x509.check_validity(cluster.certificate, now=end - days_before_end * _DAY)


@pytest.mark.parametrize(
    ("days", "severity"),
    [
        (100, None),
        (31.5, None),
        (30, Severity.WARNING),
        (8.5, Severity.WARNING),
        (7, Severity.ERROR),
        (0.001, Severity.ERROR),
        (-1, Severity.ERROR),
    ],
)
def test_remaining_validity(cluster: x509.KeyPair, days: float, severity: Severity | None) -> None:
    problem = _at(cluster, days)
    assert (problem[0] if problem else None) == severity


def test_certificate_of_a_clock_that_is_ahead(cluster: x509.KeyPair) -> None:
    start = cluster.certificate.not_valid_before_utc.timestamp()
    assert x509.check_validity(cluster.certificate, now=start - 100) is None
    problem = x509.check_validity(cluster.certificate, now=start - 1000)
    assert problem is not None
    assert problem[0] is Severity.WARNING


def test_client_certificate_checks(tmp_path: Path) -> None:
    server, client = str(tmp_path / "server.pem"), str(tmp_path / "client.pem")
    missing = x509.check_client_certificate(client)
    assert missing is not None
    assert missing[0] is Severity.ERROR
    x509.generate_cluster_certificate(server)
    x509.generate_client_certificate(client, "node1.example.com", server)
    assert x509.check_client_certificate(client) is None
    self_signed = x509.check_client_certificate(server)
    assert self_signed is not None
    assert self_signed[0] is Severity.WARNING


def test_file_that_holds_no_certificate_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "x.pem"
    path.write_text("nonsense")
    problem = x509.check_certificate_file(str(path))
    assert problem is not None
    assert problem[0] is Severity.ERROR
    with pytest.raises(ValueError, match=r".+"):
        x509.load_key_pair(str(path))


def test_certificate_may_sign_others(cluster: x509.KeyPair) -> None:
    constraints = cluster.certificate.extensions.get_extension_for_class(library.BasicConstraints)
    assert constraints.value.ca
