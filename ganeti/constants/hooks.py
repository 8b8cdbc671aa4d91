"""Hooks and scripts run from directories."""

from typing import Final

# hooks
FAKE_OP_MASTER_TURNDOWN: Final = "OP_CLUSTER_IP_TURNDOWN"
FAKE_OP_MASTER_TURNUP: Final = "OP_CLUSTER_IP_TURNUP"
HKR_FAIL: Final = 1
HKR_SKIP: Final = 0
HKR_SUCCESS: Final = 2
HOOKS_NAME_CFGUPDATE: Final = "config-update"
HOOKS_NAME_WATCHER: Final = "watcher"
HOOKS_PATH: Final = "/sbin:/bin:/usr/sbin:/usr/bin"
HOOKS_PHASE_POST: Final = "post"
HOOKS_PHASE_PRE: Final = "pre"
HOOKS_VERSION: Final = 2
HTYPE_CLUSTER: Final = "CLUSTER"
HTYPE_GROUP: Final = "GROUP"
HTYPE_INSTANCE: Final = "INSTANCE"
HTYPE_NETWORK: Final = "NETWORK"
HTYPE_NODE: Final = "NODE"

# runparts
RUNPARTS_ERR: Final = 2
RUNPARTS_RUN: Final = 1
RUNPARTS_SKIP: Final = 0
RUNPARTS_STATUS: Final[tuple[int, ...]] = (2, 1, 0)
