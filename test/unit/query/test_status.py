"""The status of an instance for everything that can be known about it."""

import pytest

from ganeti import constants as c
from ganeti.query.status import Sighting, instance_status
from test.unit.factories import make_instance

RUNNING = Sighting(on_primary=True)
STOPPED_INSIDE = Sighting(on_primary=True, is_shut_down=True)
NOWHERE = Sighting()


@pytest.mark.parametrize(
    ("admin_state", "source", "seen", "allows", "expected"),
    [
        (c.ADMINST_UP, c.ADMIN_SOURCE, RUNNING, False, c.INSTST_RUNNING),
        (c.ADMINST_DOWN, c.ADMIN_SOURCE, RUNNING, False, c.INSTST_ERRORUP),
        (c.ADMINST_UP, c.ADMIN_SOURCE, STOPPED_INSIDE, True, c.INSTST_USERDOWN),
        (c.ADMINST_UP, c.ADMIN_SOURCE, STOPPED_INSIDE, False, c.INSTST_ERRORDOWN),
        (c.ADMINST_DOWN, c.ADMIN_SOURCE, STOPPED_INSIDE, True, c.INSTST_ADMINDOWN),
        (c.ADMINST_UP, c.ADMIN_SOURCE, NOWHERE, False, c.INSTST_ERRORDOWN),
        (c.ADMINST_DOWN, c.ADMIN_SOURCE, NOWHERE, False, c.INSTST_ADMINDOWN),
        (c.ADMINST_DOWN, c.USER_SOURCE, NOWHERE, False, c.INSTST_USERDOWN),
        (c.ADMINST_OFFLINE, c.ADMIN_SOURCE, NOWHERE, False, c.INSTST_ADMINOFFLINE),
        (c.ADMINST_UP, c.ADMIN_SOURCE, Sighting(elsewhere=True), False, c.INSTST_WRONGNODE),
        (c.ADMINST_UP, c.ADMIN_SOURCE, Sighting(primary_failed=True), False, c.INSTST_NODEDOWN),
        (c.ADMINST_UP, c.ADMIN_SOURCE, Sighting(primary_failed=True, elsewhere=True), False, c.INSTST_WRONGNODE),
        (c.ADMINST_UP, c.ADMIN_SOURCE, Sighting(primary_offline=True), False, c.INSTST_NODEOFFLINE),
    ],
)
def test_status(admin_state: str, source: str, seen: Sighting, allows: bool, expected: str) -> None:
    instance = make_instance(1, admin_state=admin_state, admin_state_source=source)
    assert instance_status(instance, seen, allows_user_shutdown=allows) == expected
