"""Settings of all unit tests."""

from hypothesis import HealthCheck, settings

# Both measure the clock on the wall: on a busy machine an example of a microsecond may take half a second. What hangs
# is ended by the limit of pytest.
settings.register_profile("ganeti", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ganeti")
