"""Nodes that leave, master addresses, certificates of nodes."""

import concurrent.futures
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ganeti import constants as c
from ganeti import pathutils
from ganeti.backend import crypto, jobqueue, master, membership
from ganeti.backend.base import QuitDaemon, RPCFail
from ganeti.objects.wire import MasterNetworkParameters
from ganeti.utils import net, x509


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, path in {
        "DATA_DIR": "data",
        "QUEUE_DIR": "data/queue",
        "JOB_QUEUE_ARCHIVE_DIR": "data/queue/archive",
        "CONFIG_HISTORY_DIR": "data/config-history",
        "CRYPTO_KEYS_DIR": "crypto",
        "RUN_DIR": "run",
        "HOOKS_BASE_DIR": "hooks",
    }.items():
        (tmp_path / path).mkdir(parents=True, exist_ok=True)
        monkeypatch.setattr(pathutils, name, str(tmp_path / path))
    for name, path in {
        "CLUSTER_CONF_FILE": "config.data",
        "NODED_CERT_FILE": "server.pem",
        "NODED_CLIENT_CERT_FILE": "client.pem",
    }.items():
        monkeypatch.setattr(pathutils, name, str(tmp_path / "data" / path))
    data = {pathutils.DATA_DIR, pathutils.CONFIG_HISTORY_DIR, pathutils.CRYPTO_KEYS_DIR}
    queue = {pathutils.QUEUE_DIR, pathutils.JOB_QUEUE_ARCHIVE_DIR}
    monkeypatch.setattr(jobqueue, "CLEANABLE", data | queue)
    monkeypatch.setattr(net, "own_hostname", lambda: "node1.example.com")
    return tmp_path / "data"


def _ssconf(data_dir: Path, **values: str) -> None:
    for key, value in values.items():
        (data_dir / f"ssconf_{key}").write_text(value + "\n")


@pytest.fixture
def daemon_util(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], str]:
    """Put a program in the place of daemon-util; gives what it was called with."""
    log, program = tmp_path / "daemon-util.log", tmp_path / "daemon-util"
    program.write_text(f'#!/bin/sh\necho "$* $EXTRA_MASTERD_ARGS" >> {log}\ntest "$1" != check\n')
    program.chmod(0o755)
    monkeypatch.setattr(pathutils, "DAEMON_UTIL", str(program))
    return lambda: log.read_text() if log.exists() else ""


def test_leaving_node_forgets_the_cluster_and_its_daemon_ends(data_dir: Path, daemon_util: Callable[[], str]) -> None:
    for name in (
        "config.data",
        "server.pem",
        "client.pem",
        "ssconf_cluster_name",
        "queue/job-1",
        "queue/archive/job-0",
        "config-history/config.data.20231114T221320.000000Z",
    ):
        (data_dir / name).write_text("x")
    with pytest.raises(QuitDaemon, match="Shutdown scheduled"):
        membership.node_leave_cluster(False)
    assert [path.name for path in data_dir.rglob("*") if path.is_file()] == []
    assert "stop ganeti-confd" in daemon_util()


def test_former_candidate_moves_the_configuration_away(data_dir: Path) -> None:
    (data_dir / "config.data").write_text("secret")
    (data_dir / "config-history" / "config.data.20231114T221320.000000Z").write_text("secret")
    _ssconf(data_dir, master_node="node2.example.com")
    membership.node_demote_from_mc()
    assert not (data_dir / "config.data").exists()
    assert not list((data_dir / "config-history").iterdir())
    (backup,) = data_dir.glob("config.data.backup-*")
    assert backup.read_text() == "secret"


def test_master_refuses_to_be_demoted(data_dir: Path) -> None:
    (data_dir / "config.data").write_text("x")
    _ssconf(data_dir, master_node="node1.example.com")
    with pytest.raises(RPCFail, match="will not demote"):
        membership.node_demote_from_mc()
    assert (data_dir / "config.data").exists()


def test_name_of_the_master(data_dir: Path) -> None:
    with pytest.raises(RPCFail, match="Cluster configuration incomplete"):
        master.master_node_name()
    _ssconf(data_dir, master_node="node2.example.com")
    assert master.master_node_name() == "node2.example.com"


def test_master_daemons_start_without_vote_only_when_told(data_dir: Path, daemon_util: Callable[[], str]) -> None:
    master.node_start_master_daemons(False)
    master.node_start_master_daemons(True)
    assert daemon_util().splitlines() == ["start-master ", "start-master --no-voting --yes-do-it"]


@pytest.fixture
def address_script(tmp_path: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    _ssconf(data_dir, master_node="node1.example.com", cluster_name="cluster.example.com")
    script, log = tmp_path / "master-ip-setup", tmp_path / "log"
    text = f'#!/bin/sh\necho "$1 $MASTER_NETDEV $MASTER_IP/$MASTER_NETMASK v$CLUSTER_IP_VERSION" >> {log}\n'
    script.write_text(text)
    script.chmod(0o755)
    monkeypatch.setattr(pathutils, "DEFAULT_MASTER_SETUP_SCRIPT", str(script))
    return script


_PARAMS = MasterNetworkParameters(uuid="u", ip="192.0.2.1", netmask=24, netdev="eth0", ip_family=2)


def test_master_address_is_set_up_by_the_script(tmp_path: Path, address_script: Path) -> None:
    master.node_activate_master_ip(_PARAMS, False)
    master.node_deactivate_master_ip(_PARAMS, False)
    assert (tmp_path / "log").read_text().splitlines() == [
        "start eth0 192.0.2.1/24 v4",
        "stop eth0 192.0.2.1/24 v4",
    ]


def test_address_is_taken_down_after_it_was_set_up_completely(tmp_path: Path, address_script: Path) -> None:
    """Otherwise it would not be found, and be set up a moment later."""
    os.mkfifo(tmp_path / "go-on")
    wait = f"test $1 = stop || read line < {tmp_path}/go-on\n"
    address_script.write_text(f'{address_script.read_text()}{wait}echo "$1 ends" >> {tmp_path}/log\n')
    with ThreadPoolExecutor(max_workers=2) as pool:
        starting = pool.submit(master.node_activate_master_ip, _PARAMS, False)
        # Opening a pipe for writing waits until the script reads from it.
        with open(tmp_path / "go-on", "w", encoding="ascii") as pipe:
            stopping = pool.submit(master.node_deactivate_master_ip, _PARAMS, False)
            # Without the other it would be done at once.
            assert concurrent.futures.wait([stopping], timeout=0.5).done == set()
            pipe.write("now\n")
        starting.result()
        stopping.result()
    words = [line.split()[:2] for line in (tmp_path / "log").read_text().splitlines()]
    assert words == [["start", "eth0"], ["start", "ends"], ["stop", "eth0"], ["stop", "ends"]]


def test_failing_hook_keeps_the_master_address_as_it_is(tmp_path: Path, address_script: Path) -> None:
    directory = tmp_path / "hooks" / "master-ip-turnup-pre.d"
    directory.mkdir(parents=True)
    hook = directory / "veto"
    hook.write_text('#!/bin/sh\necho "$GANETI_OBJECT_TYPE $GANETI_CLUSTER $GANETI_MASTER $GANETI_MASTER_IP"; exit 1\n')
    hook.chmod(0o755)
    with pytest.raises(RPCFail, match=r"CLUSTER cluster.example.com node1.example.com 192.0.2.1"):
        master.node_activate_master_ip(_PARAMS, False)
    assert not (tmp_path / "log").exists()


def test_failing_script_is_reported(address_script: Path) -> None:
    address_script.write_text("#!/bin/sh\necho elsewhere; exit 1\n")
    message = "Failed to start the master IP. Script return value: 1, output: 'elsewhere'"
    with pytest.raises(RPCFail, match=message):
        master.node_activate_master_ip(_PARAMS, False)


def test_client_certificate_is_made_and_told(data_dir: Path) -> None:
    x509.generate_cluster_certificate(pathutils.NODED_CERT_FILE)
    made = crypto.node_crypto_tokens([(c.CRYPTO_TYPE_SSL_DIGEST, c.CRYPTO_ACTION_CREATE, {"serial_no": 99})])
    assert made == crypto.node_crypto_tokens([(c.CRYPTO_TYPE_SSL_DIGEST, c.CRYPTO_ACTION_GET, None)])
    certificate = x509.load_certificate(pathutils.NODED_CLIENT_CERT_FILE)
    assert certificate.serial_number == 99
    assert made == [("ssl", x509.digest_of(certificate))]


def test_certificates_elsewhere_are_not_touched(data_dir: Path, tmp_path: Path) -> None:
    for action in (c.CRYPTO_ACTION_CREATE, c.CRYPTO_ACTION_GET):
        request = [(c.CRYPTO_TYPE_SSL_DIGEST, action, {c.CRYPTO_OPTION_CERT_FILE: str(tmp_path / "x.pem")})]
        with pytest.raises(RPCFail, match="not a certificate of the cluster"):
            crypto.node_crypto_tokens(request)
    with pytest.raises(RPCFail, match="not supported"):
        crypto.node_crypto_tokens([("ssh", c.CRYPTO_ACTION_GET, None)])
