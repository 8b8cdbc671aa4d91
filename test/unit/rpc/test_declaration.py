"""Procedures as declared, and their JSON."""

import pytest

from ganeti.backend.base import load_handlers
from ganeti.objects.wire import MigrationStatus, WireInstance
from ganeti.rpc import procedures
from ganeti.rpc.declaration import Timeout, all_procedures
from ganeti.types import Private


def _instance() -> WireInstance:
    return WireInstance(
        uuid="u",
        name="web",
        primary_node="n",
        os="busybox",
        hypervisor="fake",
        hvparams={"a": None, "b": 1},
        beparams={},
        osparams_private={"password": Private("hunter2")},
    )


def test_every_declared_procedure_is_implemented() -> None:
    assert sorted(load_handlers()) == sorted(all_procedures())


def test_arguments_survive_the_wire() -> None:
    args = (_instance(), 120, [("gnt:client:test", "why", 5)])
    assert procedures.instance_shutdown.decode_args(procedures.instance_shutdown.encode_args(args)) == args


def test_confidential_values_travel_in_clear_and_stay_wrapped_at_both_ends() -> None:
    body = procedures.instance_migratable.encode_args((_instance(),))
    assert b'"password":"hunter2"' in body
    (decoded,) = procedures.instance_migratable.decode_args(body)
    assert decoded.osparams_private["password"].get() == "hunter2"
    assert "hunter2" not in repr(decoded)


def test_unknown_keys_of_other_versions_are_ignored() -> None:
    body = procedures.instance_migratable.encode_args((_instance(),)).replace(b'{"uuid"', b'{"new_field":1,"uuid"', 1)
    assert procedures.instance_migratable.decode_args(body) == (_instance(),)


def test_bare_body_is_not_wrapped_in_a_list() -> None:
    request = {"web": {"instance": {}}}
    body = procedures.instance_console_info.encode_args((request,))
    assert body == b'{"web":{"instance":{}}}'
    assert procedures.instance_console_info.decode_args(body) == (request,)


def test_results_are_decoded_as_declared() -> None:
    status = procedures.instance_get_migration_status.decode_result(b'{"status":"active","total_ram":5}')
    assert status == MigrationStatus(status="active", total_ram=5)
    with pytest.raises(ValueError, match="Expected `int`"):
        procedures.version.decode_result(b'"x"')


@pytest.mark.parametrize("body", [b"[]", b"[1,2]", b'["a"]', b"{}", b""])
def test_wrong_arguments_are_an_error(body: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        procedures.test_delay.decode_args(body)


def test_wrong_number_of_arguments_is_not_sent() -> None:
    with pytest.raises(TypeError):
        procedures.version.encode_args((1,))


def test_time_limits() -> None:
    assert procedures.version.timeout_s(()) == 60.0
    assert procedures.test_delay.timeout_s((3.5,)) == 8.5
    assert procedures.instance_os_add.time_limit is Timeout.ONE_DAY
    assert procedures.version.is_urgent
    assert not procedures.instance_os_add.is_urgent
