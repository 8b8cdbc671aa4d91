"""Calls that bring the configuration to the other nodes."""

import threading
import time

from ganeti import buildcfg, pathutils
from ganeti import constants as c
from ganeti.config.ssconf_values import Values
from ganeti.mastership.keeper import TenureKeeper
from ganeti.mastership.tenure import TELLING_TIMEOUT_S
from ganeti.rpc import procedures, uploads
from ganeti.rpc.client import RpcClient
from ganeti.rpc.procedures.files import Compressed

#: Node daemons give the copy the owner that the file has on the master: writable for us, readable for confd.
_MODE = 0o640


class RpcConfigSender:
    """Reaches nodes by RPC (``config.distribute.NodeSender``), as long as this node may act as the master."""

    def __init__(self, rpc: RpcClient, tenure: TenureKeeper) -> None:
        self._rpc = rpc
        self._tenure = tenure
        self._mutex = threading.Lock()
        #: The newest content and its packed form: packing megabytes for each candidate would keep a core busy.
        self._packed: tuple[bytes, Compressed] | None = None
        #: Nodes that named another master until we told them. Their copy is that one's, however new: it may have made
        #: changes while it was cut off, which are lost.
        self._corrected: set[str] = set()

    def send_config(self, node_uuid: str, content: bytes, serial_no: int, *, spares_newer: bool) -> str | None:
        """Replace the configuration file of a master candidate; with *spares_newer* not if that is newer."""
        may_ask = spares_newer and node_uuid not in self._corrected and self._tenure.problem() is None
        problem = self._newer_copy(node_uuid, serial_no) if may_ask else None
        # Not before the question: its answer may have taken longer than the right to act lasts.
        if (problem := problem or self._tenure.problem()) is not None:
            return problem
        now = time.time()
        details = (
            pathutils.to_virtual(pathutils.CLUSTER_CONF_FILE),
            self._pack(content),
            _MODE,
            buildcfg.user_of("masterd"),
            buildcfg.group_of("confd"),
            now,
            now,
        )
        return self._rpc.call_one(node_uuid, procedures.upload_file, details).fail_msg

    def _newer_copy(self, node_uuid: str, serial_no: int) -> str | None:
        """Return that a node has a newer configuration, if so; one that cannot tell is treated as if it had not."""
        answer = self._rpc.call_one(node_uuid, procedures.config_serial)
        if answer.fail_msg or answer.payload is None or answer.payload <= serial_no:
            return None
        return (
            f"its configuration is newer (serial number {answer.payload}) than that of the master ({serial_no});"
            " 'gnt-cluster redist-conf' replaces it nevertheless"
        )

    def _pack(self, content: bytes) -> Compressed:
        with self._mutex:
            if self._packed is None or self._packed[0] is not content:
                self._packed = (content, uploads.compress(content))
            return self._packed[1]

    def send_ssconf(self, node_uuid: str, values: Values) -> str | None:
        """Replace the ssconf files of a node.

        A node that names this one as the master already is not told again: such a call might be on its way while
        another node takes over, and must not change the vote back when it arrives.
        """
        if (problem := self._tenure.problem()) is not None:
            return problem
        if self._tenure.supports(node_uuid):
            told = {key: value for key, value in values.items() if key != c.SS_MASTER_NODE}
            return self._rpc.call_one(node_uuid, procedures.write_ssconf_files, told).fail_msg
        if not self._tenure.may_correct():
            return "The nodes have to agree about the master before another one is told who it is"
        self._corrected.add(node_uuid)
        rpc = self._rpc.with_limit(TELLING_TIMEOUT_S)
        return rpc.call_one(node_uuid, procedures.write_ssconf_files, values).fail_msg
