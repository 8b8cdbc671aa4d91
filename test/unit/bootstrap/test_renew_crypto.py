"""What renew-crypto does with its options and given files."""

from pathlib import Path
from typing import Any

import pytest

from ganeti.bootstrap.renew_crypto import Renewal, check_files, read_given
from ganeti.cli.failures import ExitError
from ganeti.cli.parser import parse
from ganeti.client.cluster.renew_crypto import renewal_of
from ganeti.client.gnt_cluster import PROGRAM
from ganeti.errors import OpPrereqError
from ganeti.utils import x509


@pytest.fixture(scope="module")
def pair() -> x509.KeyPair:
    return x509.make_self_signed("test")


def options(*words: str) -> Any:
    return parse("gnt-cluster", PROGRAM.by_name["renew-crypto"], words)[0]


def test_a_certificate_needs_its_key(pair: x509.KeyPair) -> None:
    check_files(Renewal(rapi_pem=pair.to_pem().decode()))
    with pytest.raises(OpPrereqError, match="RAPI"):
        check_files(Renewal(rapi_pem=pair.certificate_pem().decode()))
    other = x509.make_self_signed("other").certificate_pem()
    mixed = pair.to_pem().replace(pair.certificate_pem(), other).decode()
    with pytest.raises(OpPrereqError, match="SPICE"):
        check_files(Renewal(spice_pem=mixed))


def test_a_ca_certificate_needs_none(pair: x509.KeyPair) -> None:
    check_files(Renewal(spice_ca_pem=pair.certificate_pem().decode()))
    with pytest.raises(OpPrereqError, match="SPICE CA"):
        check_files(Renewal(spice_ca_pem="nothing"))


def test_secrets_are_not_shown(pair: x509.KeyPair) -> None:
    assert "PRIVATE" not in repr(Renewal(rapi_pem=pair.to_pem().decode(), domain_secret_text="secret"))


def test_new_and_given_exclude_each_other(tmp_path: Path) -> None:
    for name in ("rapi-certificate", "cluster-domain-secret"):
        with pytest.raises(ExitError, match="Only one"):
            renewal_of(options(f"--new-{name}", f"--{name}=/x"))
    with pytest.raises(ExitError, match="together"):
        renewal_of(options("--spice-certificate=/x"))


def test_only_some_things_need_a_stopped_cluster() -> None:
    assert not renewal_of(options("--new-ssh-keys")).needs_stop
    assert renewal_of(options("--new-confd-hmac-key")).needs_stop
    assert renewal_of(options("--new-cluster-certificate")).renews_nodes


def test_files_are_read_before_anything_stops(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("abc\n")
    assert read_given(str(tmp_path / "secret")) == "abc\n"
    with pytest.raises(OpPrereqError, match="Cannot read"):
        read_given(str(tmp_path / "missing"))
