"""Small configurations as former releases wrote them."""

import copy
from typing import Any

Json = dict[str, Any]


def _cluster(**more: Any) -> Json:
    return {
        "serial_no": 5,
        "cluster_name": "cluster.example.com",
        "master_ip": "192.0.2.1",
        "master_netdev": "xen-br0",
        "rsahostkeypub": "AAAA",
        "highest_used_port": 11000,
        "tcpudp_port_pool": [],
        "mac_prefix": "aa:00:00",
        "volume_group_name": "xenvg",
        "candidate_pool_size": 10,
        "file_storage_dir": "/srv/ganeti/file-storage",
        **more,
    }


def version_2_0() -> Json:
    """Return one whose objects have names only; disks are inside of instances; there are no groups."""
    lv = {"dev_type": "lvm", "physical_id": ["xenvg", "a.disk0_data"], "size": 1024}
    config = {
        "version": 2000000,
        "serial_no": 9,
        "cluster": _cluster(
            master_node="n1.example.com",
            default_bridge="xen-br0",
            default_hypervisor="xen-hvm",
            enabled_hypervisors=["xen-pvm", "xen-hvm"],
            hvparams={"xen-pvm": {"kernel_path": "/boot/vmlinuz", "xen_cmd": "xm"}},
            beparams={"default": {"memory": 256, "vcpus": 1, "auto_balance": True}},
        ),
        "nodes": {
            f"n{i}.example.com": {
                "name": f"n{i}.example.com",
                "primary_ip": f"192.0.2.{10 + i}",
                "secondary_ip": f"198.51.100.{10 + i}",
                "serial_no": 1,
                "master_candidate": True,
                "offline": False,
                "drained": False,
            }
            for i in (1, 2)
        },
        "instances": {
            "a.example.com": {
                "name": "a.example.com",
                "primary_node": "n1.example.com",
                "os": "debian",
                "hypervisor": "xen-pvm",
                "hvparams": {},
                "beparams": {"memory": 512},
                "admin_up": True,
                "nics": [{"mac": "aa:00:00:00:00:01", "ip": None, "bridge": "xen-br1"}],
                "disks": [
                    {
                        "dev_type": "drbd8",
                        "iv_name": "sda",
                        "size": 1024,
                        "mode": "rw",
                        "logical_id": ["n1.example.com", "n2.example.com", 11000, 0, 0, "0123456789abcdef"],
                        "physical_id": None,
                        "children": [
                            {**lv, "logical_id": ["xenvg", "a.disk0_data"]},
                            {**lv, "size": 128, "logical_id": ["xenvg", "a.disk0_meta"]},
                        ],
                    }
                ],
                "disk_template": "drbd",
                "serial_no": 3,
                "ctime": 1000.0,
                "mtime": 2000.0,
            }
        },
    }
    return copy.deepcopy(config)


NODE = "a0000000-0000-4000-8000-000000000001"
GROUP = "b0000000-0000-4000-8000-000000000001"
NETWORK = "c0000000-0000-4000-8000-000000000001"
INSTANCE = "d0000000-0000-4000-8000-000000000001"


def version_2_6() -> Json:
    """Return one with groups, networks by name, policies in their first form, KVM and a file disk."""
    spec = {"memory-size": 64, "cpu-count": 1, "disk-count": 1, "disk-size": 512, "nic-count": 1}
    config = {
        "version": 2060000,
        "serial_no": 9,
        "ctime": 1.0,
        "mtime": 2.0,
        "cluster": _cluster(
            uuid="e0000000-0000-4000-8000-000000000001",
            master_node="n1.example.com",
            enabled_hypervisors=["kvm"],
            hvparams={"kvm": {"disk_discard": "default"}},
            beparams={"default": {"minmem": 256, "maxmem": 256, "vcpus": 1, "auto_balance": True}},
            nicparams={"default": {"mode": "bridged", "link": "xen-br0"}},
            ipolicy={"min": spec, "max": {"memory-size": 4096}, "std": {"memory-size": 128}},
            ndparams={"exclusive_storage": True},
            candidate_certs={NODE: "AA:BB"},
        ),
        "nodes": {
            "n1.example.com": {
                "uuid": NODE,
                "name": "n1.example.com",
                "primary_ip": "192.0.2.11",
                "secondary_ip": "192.0.2.11",
                "group": GROUP,
                "master_candidate": True,
                "serial_no": 1,
            }
        },
        "nodegroups": {
            GROUP: {
                "uuid": GROUP,
                "name": "default",
                "alloc_policy": "preferred",
                "serial_no": 1,
                "ipolicy": {"max": {"memory-size": 1024}, "std": {"memory-size": 99}},
            }
        },
        "networks": {
            NETWORK: {
                "uuid": NETWORK,
                "name": "lan",
                "network": "203.0.113.0/29",
                "family": 4,
                "network_type": "private",
                "reservations": "00100000",
                "ext_reservations": "11000001",
                "serial_no": 1,
            }
        },
        "instances": {
            "b.example.com": {
                "uuid": INSTANCE,
                "name": "b.example.com",
                "primary_node": "n1.example.com",
                "os": "debian",
                "hypervisor": "kvm",
                "hvparams": {"disk_discard": "default"},
                "beparams": {},
                "osparams": {},
                "admin_state": "down",
                "disk_template": "file",
                "nics": [{"mac": "aa:00:00:00:00:02", "ip": "203.0.113.2", "network": "lan", "nicparams": {}}],
                "disks": [
                    {
                        "dev_type": "file",
                        "logical_id": ["loop", "/srv/ganeti/file-storage/b/disk0"],
                        "size": 10,
                        "iv_name": "disk/7",
                    }
                ],
                "serial_no": 1,
                "ctime": 5.0,
                "mtime": 6.0,
            }
        },
    }
    return copy.deepcopy(config)
