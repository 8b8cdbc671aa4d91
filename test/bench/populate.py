"""Fill a test cluster's configuration with many instances, as if they had been created one by one."""

import os
import random
import time
import uuid

import msgspec

from ganeti import constants as c
from ganeti.objects.base import decode_as, encode_clear
from ganeti.objects.config import ConfigData
from ganeti.objects.instance import Disk, Instance, Nic
from ganeti.utils.files import write_atomic
from test.cluster.virtual import VirtualCluster, wait_for


def _uuids(source: random.Random) -> str:
    return str(uuid.UUID(int=source.getrandbits(128), version=4))


def _mac(prefix: str, number: int) -> str:
    return f"{prefix}:{number >> 16 & 255:02x}:{number >> 8 & 255:02x}:{number & 255:02x}"


def with_instances(config: ConfigData, count: int, *, domain: str, seed: int = 1) -> ConfigData:
    """Return *config* with *count* stopped instances more, each with one disk and one NIC, spread over all nodes.

    The same *seed* gives the same instances.
    """
    source = random.Random(seed)
    nodes = sorted(config.nodes)
    now = time.time()
    disks, instances = dict(config.disks), dict(config.instances)
    for number in range(count):
        name = f"vm{number:05d}.{domain}"
        own, disk = _uuids(source), _uuids(source)
        disks[disk] = Disk(
            uuid=disk,
            ctime=now,
            mtime=now,
            dev_type=c.DT_SHARED_FILE,
            logical_id=("loop", f"{config.cluster.shared_file_storage_dir}/{name}/disk0"),
            size=1024,
            iv_name="disk/0",
        )
        instances[own] = Instance(
            uuid=own,
            ctime=now,
            mtime=now,
            name=name,
            primary_node=nodes[number % len(nodes)],
            os="busybox+default",
            hypervisor=c.HT_FAKE,
            beparams={"maxmem": 256, "minmem": 128} if number % 4 == 0 else {},
            nics=(Nic(uuid=_uuids(source), mac=_mac(config.cluster.mac_prefix, number + 1), name=None),),
            disks=(disk,),
        )
    return msgspec.structs.replace(config, disks=disks, instances=instances, serial_no=config.serial_no + 1)


def populate(cluster: VirtualCluster, count: int) -> None:
    """Stop the master daemon, add *count* instances to the configuration, start it again."""
    cluster.daemon_util("stop", c.MASTERD)
    path = f"{cluster.root()}/var/lib/ganeti/config.data"
    with open(path, "rb") as file:
        config = decode_as(file.read(), ConfigData)
    stat = os.stat(path)
    filled = with_instances(config, count, domain=cluster.layout.domain)
    write_atomic(path, encode_clear(filled), mode=stat.st_mode & 0o7777, uid=stat.st_uid, gid=stat.st_gid)
    cluster.daemon_util("start", c.MASTERD)
    wait_for(
        lambda: not cluster.run("gnt-cluster", "master-ping", check=False).failed, "the master daemon", timeout_s=60
    )
