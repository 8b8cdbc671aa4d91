"""Secret and private OS parameters reach the OS and nothing else: no job file, no log, no query."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from ganeti import constants as c
from ganeti import errors
from ganeti.luxi import Client
from test.cluster.os_definitions import os_definition
from test.cluster.virtual import VirtualCluster, wait_for

SECRET: Final = "s3cret-value"
PRIVATE: Final = "pr1vate-value"
OS_NAME: Final = "confidential"
#: What an OS gets of each parameter, in a place where only this test looks.
CREATE: Final = f"""#!/bin/sh
echo "$OSP_TOKEN $OSP_KEY" > /run/{OS_NAME}-"$INSTANCE_NAME"
"""


@pytest.fixture(scope="module", autouse=True)
def _definition() -> Iterator[None]:
    with os_definition(OS_NAME, {"create": CREATE, "parameters.list": "token a secret\nkey a private value\n"}):
        yield


@pytest.fixture
def client(cluster: VirtualCluster) -> Iterator[Client]:
    with Client(str(cluster.root() / "var/run/ganeti/socket/ganeti-query")) as connection:
        yield connection


def _create(cluster: VirtualCluster, name: str) -> dict[str, Any]:
    return {
        "OP_ID": "OP_INSTANCE_CREATE",
        "instance_name": name,
        "mode": "create",
        "disk_template": "file",
        "disks": [{"size": 4}],
        "nics": [],
        "hypervisor": "fake",
        "os_type": OS_NAME,
        "pnode": cluster.nodes[1],
        "osparams_private": {"key": PRIVATE},
        "osparams_secret": {"token": SECRET},
    }


def _end_of(client: Client, job_id: int) -> str:
    def is_final() -> bool:
        return client.query_jobs([job_id], ["status"])[0][0] in c.JOBS_FINALIZED

    wait_for(is_final, f"end of job {job_id}", timeout_s=60)
    return str(client.query_jobs([job_id], ["status"])[0][0])


def _files_with(cluster: VirtualCluster, text: str, where: str) -> list[str]:
    """Return the files below a directory of all nodes that hold *text*."""
    return [
        f"{name}:{path.name}"
        for number, name in enumerate(cluster.nodes)
        for path in sorted((cluster.root(number) / where).rglob("*"))
        if path.is_file() and text.encode() in path.read_bytes()
    ]


def _restart(cluster: VirtualCluster, daemon: str, node: int, *options: str) -> None:
    cluster.daemon_util("stop", daemon, node=node)
    cluster.daemon_util("start", daemon, *options, node=node)


def test_an_os_gets_them_and_nobody_else_even_when_daemons_log_everything(
    cluster: VirtualCluster, client: Client
) -> None:
    name = cluster.instances[0]
    _restart(cluster, c.NODED, 1, "-d")
    _restart(cluster, c.MASTERD, 0, "-d")
    try:
        job_id = client.submit_job([_create(cluster, name)])
        assert _end_of(client, job_id) == "success"
        seen = Path(f"/run/{OS_NAME}-{name}")
        assert seen.read_text().split() == [SECRET, PRIVATE]
        seen.unlink()
        shown = cluster.run("gnt-job", "info", str(job_id)).stdout
        assert re.search(r"osparams_secret: None", shown) and re.search(r"osparams_private: None", shown)
        fields = [field.name for field in client.query_fields(c.QR_JOB)]
        told = str([client.query_jobs([job_id], fields), client.query(c.QR_JOB, fields, ["==", "id", job_id])])
        told += str(client.query(c.QR_INSTANCE, [field.name for field in client.query_fields(c.QR_INSTANCE)]))
        told += cluster.run("gnt-instance", "info", name).stdout + shown
        for value in (SECRET, PRIVATE):
            assert value not in told
            assert _files_with(cluster, value, "var/log/ganeti") == []
            assert _files_with(cluster, value, "var/lib/ganeti/queue") == []
        assert _files_with(cluster, SECRET, "var/lib/ganeti") == []
    finally:
        _restart(cluster, c.MASTERD, 0)
        _restart(cluster, c.NODED, 1)


@pytest.mark.parametrize("is_carried", [False, True])
def test_job_files_hold_private_values_until_the_end_and_secrets_never(
    cluster: VirtualCluster, client: Client, is_carried: bool
) -> None:
    rule = client.replace_filter(None, 0, [], "PAUSE", [])
    op = _create(cluster, cluster.instances[1])
    try:
        job_id = client.submit_job([{"OP_ID": "OP_INSTANCE_MULTI_ALLOC", "instances": [op]} if is_carried else op])
        job_file = cluster.root() / f"var/lib/ganeti/queue/job-{job_id}"
        assert PRIVATE in job_file.read_text() and SECRET not in job_file.read_text()
        assert PRIVATE not in str(client.query_jobs([job_id], ["ops"]))
        assert client.cancel_job(job_id)[0]
        assert PRIVATE not in job_file.read_text()
        wait_for(lambda: _files_with(cluster, PRIVATE, "var/lib/ganeti/queue") == [], "scrubbed copies")
    finally:
        client.delete_filter(rule)


def test_secrets_are_lost_with_the_daemon_and_the_job_says_so(cluster: VirtualCluster, client: Client) -> None:
    rule = client.replace_filter(None, 0, [], "PAUSE", [])
    job_id = client.submit_job([_create(cluster, cluster.instances[2])])
    client.close()
    _restart(cluster, c.MASTERD, 0)
    client.delete_filter(rule)
    assert _end_of(client, job_id) == "error"
    (result,) = client.query_jobs([job_id], ["opresult"])[0][0]
    assert result == ["OpPrereqError", ["Please re-submit secret parameters to job.", c.ECODE_INVAL]]


def test_refusals_do_not_repeat_them(cluster: VirtualCluster, client: Client) -> None:
    log = cluster.root() / "var/log/ganeti/master-daemon.log"
    for wrong in ({"osparams_secret": [SECRET]}, {"osparams_private": PRIVATE}, {"os_type": 7}, {"bogus": SECRET}):
        with pytest.raises(errors.LuxiError) as refused:
            client.submit_job([{**_create(cluster, cluster.instances[3]), **wrong}])
        assert SECRET not in str(refused.value) and PRIVATE not in str(refused.value)
    assert SECRET not in log.read_text() and PRIVATE not in log.read_text()
