"""What a job has set aside nobody else gets, and it is free again when the job ends."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganeti import constants as c
from ganeti import errors
from ganeti.config import ConfigStore, ippool
from ganeti.objects import Network
from test.unit.factories import make_config, make_disk, make_instance, node_uuid

NETWORK = Network(
    uuid="70000000-0000-4000-8000-000000000001",
    name="lan",
    network="203.0.113.0/29",
    mac_prefix="aa:bb:cc",
    reservations="0" * 8,
    ext_reservations="11000001",
)


@pytest.fixture
def store() -> ConfigStore:
    made = ConfigStore(make_config(instances=(make_instance(1),)))
    made.add_network(NETWORK)
    return made


def test_generated_macs_have_the_prefix_of_their_network(store: ConfigStore) -> None:
    assert store.reservations.generate_mac("1", NETWORK.uuid).startswith("aa:bb:cc:")
    assert store.reservations.generate_mac("1").startswith("aa:00:00:")


def test_a_mac_is_reserved_once(store: ConfigStore) -> None:
    store.reservations.reserve_mac("AA:00:00:00:00:99", "1")
    for owner in ("1", "2"):
        with pytest.raises(errors.ReservationError):
            store.reservations.reserve_mac("aa:00:00:00:00:99", owner)
    with pytest.raises(errors.ReservationError, match="inst1"):
        store.reservations.reserve_mac(make_instance(1).nics[0].mac, "2")
    store.reservations.release_owner("1")
    store.reservations.reserve_mac("aa:00:00:00:00:99", "2")


def test_everything_of_a_job_ends_with_it(store: ConfigStore) -> None:
    reservations = store.reservations
    reservations.generate_uuid("1")
    reservations.generate_mac("1")
    reservations.generate_drbd_secret("1")
    reservations.reserve_lv("xenvg/lv", "1")
    reservations.generate_ip(NETWORK.uuid, "1")
    reservations.allocate_minors([node_uuid(1)], "disk", "1")
    assert not reservations.is_empty()
    with pytest.raises(errors.ReservationError):
        reservations.reserve_lv("xenvg/lv", "2")
    reservations.release_owner("1")
    assert reservations.is_empty()


def test_secrets_have_forty_digits(store: ConfigStore) -> None:
    assert len(store.reservations.generate_drbd_secret("1")) == 2 * c.DRBD_SECRET_LENGTH


def test_addresses_are_handed_out_from_the_lowest(store: ConfigStore) -> None:
    given_out = [store.reservations.generate_ip(NETWORK.uuid, str(job)) for job in range(5)]
    assert given_out == [f"203.0.113.{number}" for number in range(2, 7)]
    with pytest.raises(errors.ReservationError, match="full"):
        store.reservations.generate_ip(NETWORK.uuid, "9")


def test_a_taken_address_is_refused(store: ConfigStore) -> None:
    reservations = store.reservations
    with pytest.raises(errors.ReservationError, match="externally"):
        reservations.reserve_ip(NETWORK.uuid, "203.0.113.1", "1")
    reservations.reserve_ip(NETWORK.uuid, "203.0.113.1", "1", check_external=False)
    reservations.reserve_ip(NETWORK.uuid, "203.0.113.3", "1")
    with pytest.raises(errors.ReservationError):
        reservations.reserve_ip(NETWORK.uuid, "203.0.113.3", "2")
    with pytest.raises(errors.AddressPoolError):
        reservations.reserve_ip(NETWORK.uuid, "198.51.100.1", "1")


def test_addresses_are_committed_with_the_instance(store: ConfigStore) -> None:
    ip = store.reservations.generate_ip(NETWORK.uuid, "1")
    assert store.snapshot().networks[NETWORK.uuid].reservations == "0" * 8
    store.update(store.snapshot().instances[make_instance(1).uuid], "1")
    assert ippool.is_used(store.snapshot().networks[NETWORK.uuid], ip)
    # The second write of the same job does not set the bit again.
    store.update(store.snapshot().instances[make_instance(1).uuid], "1")
    store.reservations.release_ip(NETWORK.uuid, ip, "1")
    assert store.reservations.generate_ip(NETWORK.uuid, "2") != ip
    store.update(store.snapshot().instances[make_instance(1).uuid], "1")
    assert not ippool.is_used(store.snapshot().networks[NETWORK.uuid], ip)


def test_an_address_given_back_may_be_taken_again_by_the_same_job(store: ConfigStore) -> None:
    ip = store.reservations.generate_ip(NETWORK.uuid, "1")
    store.update(store.snapshot().instances[make_instance(1).uuid], "1")
    store.reservations.release_owner("1")
    store.reservations.release_ip(NETWORK.uuid, ip, "2")
    with pytest.raises(errors.ReservationError):
        store.reservations.reserve_ip(NETWORK.uuid, ip, "3")
    store.reservations.reserve_ip(NETWORK.uuid, ip, "2")
    store.update(store.snapshot().instances[make_instance(1).uuid], "2")
    assert ippool.is_used(store.snapshot().networks[NETWORK.uuid], ip)


def test_minors_are_the_lowest_free_ones_of_each_node(store: ConfigStore) -> None:
    reservations = store.reservations
    assert reservations.allocate_minors([node_uuid(1), node_uuid(2)], "d1", "1") == [0, 0]
    assert reservations.allocate_minors([node_uuid(2), node_uuid(3)], "d2", "2") == [1, 0]
    reservations.release_minors("d1")
    assert reservations.allocate_minors([node_uuid(2)], "d3", "3") == [0]
    with pytest.raises(errors.ReservationError):
        reservations.allocate_minors([node_uuid(1), node_uuid(1)], "d4", "4")


def test_minors_of_a_written_disk_are_no_longer_set_aside(store: ConfigStore) -> None:
    disk = make_disk(5, dev_type=c.DT_DRBD8, logical_id=(node_uuid(1), node_uuid(2), 11000, 0, 0, "f" * 40), iv_name="")
    store.reservations.allocate_minors([node_uuid(1), node_uuid(2)], disk.uuid, "1")
    store.add_instance(make_instance(2), [disk], "1")
    store.reservations.release_owner("1")
    assert store.reservations.allocate_minors([node_uuid(1)], "other", "2") == [1]
    store.reservations.release_owner("2")
    store.remove_instance(make_instance(2).uuid)
    assert store.reservations.allocate_minors([node_uuid(1)], "other", "3") == [0]


def test_ports_run_out(store: ConfigStore) -> None:
    store = ConfigStore(make_config(cluster={"highest_used_port": c.LAST_DRBD_PORT - 1}))
    assert store.allocate_port() == c.LAST_DRBD_PORT
    with pytest.raises(errors.ConfigurationError):
        store.allocate_port()
    store.release_port(11005)
    store.release_port(11003)
    assert [store.allocate_port(), store.allocate_port()] == [11003, 11005]


@given(st.integers(16, 30), st.data())
def test_setting_and_clearing_an_address_gives_the_same_network(prefix: int, data: st.DataObject) -> None:
    size = 1 << (32 - prefix)
    network = Network(
        uuid="n", name="n", network=f"10.0.0.0/{prefix}", reservations="0" * size, ext_reservations="0" * size
    )
    ip = ippool.address_at(network, data.draw(st.integers(0, size - 1)))
    taken = ippool.with_bit(network, ip, used=True)
    assert ippool.is_used(taken, ip)
    assert ippool.count_free(taken) == size - 1
    with pytest.raises(errors.AddressPoolError):
        ippool.with_bit(taken, ip, used=True)
    assert ippool.with_bit(taken, ip, used=False) == network


@pytest.mark.parametrize("cidr", ["10.0.0.0/11", "10.0.0.0/31", "fd00::/64", "nonsense"])
def test_networks_of_other_sizes_have_no_pool(cidr: str) -> None:
    with pytest.raises(errors.AddressPoolError):
        ippool.check_size(cidr)
