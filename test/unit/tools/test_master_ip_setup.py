"""What master-ip-setup reads."""

import pytest

from ganeti.tools import master_ip_setup as mip
from ganeti.tools.common import ToolError

GOOD = {"MASTER_NETDEV": "lo", "MASTER_IP": "192.0.2.1", "MASTER_NETMASK": "32", "CLUSTER_IP_VERSION": "4"}

# Recorded from `ip -json -4 address show` of iproute2 6.1, shortened.
IP_OUTPUT = """[{"ifindex":1,"ifname":"lo","addr_info":[{"family":"inet","local":"127.0.0.1","prefixlen":8},
{"family":"inet","local":"192.0.2.1","prefixlen":32,"label":"lo:0","preferred_life_time":0}]},
{},{"ifindex":2,"ifname":"eth0","addr_info":[{"family":"inet","local":"192.0.2.11","prefixlen":24}]}]"""


def test_settings_come_from_the_environment() -> None:
    assert mip.read_settings(GOOD) == mip.Settings("lo", "192.0.2.1", "32", 4)


@pytest.mark.parametrize("name", sorted(GOOD))
def test_each_variable_is_needed(name: str) -> None:
    with pytest.raises(ToolError, match=name):
        mip.read_settings({key: value for key, value in GOOD.items() if key != name})


def test_holders_of_an_address() -> None:
    assert mip.parse_holders(IP_OUTPUT, "192.0.2.1") == ["lo"]
    assert mip.parse_holders(IP_OUTPUT, "192.0.2.12") == []
    assert mip.parse_holders("", "192.0.2.1") == []


@pytest.mark.parametrize("words", [[], ["restart"], ["start", "now"]])
def test_wrong_usage(words: list[str]) -> None:
    assert mip.main(words) == 1
