"""Who may call a node daemon: master candidates, and whoever has the cluster's own key while there are none yet."""

import logging
import threading

from ganeti import errors, pathutils
from ganeti.http.tls import Peer
from ganeti.ssconf import SsconfReader
from ganeti.utils import x509
from ganeti.utils.stamp import FileStamp, file_stamp

_LOG = logging.getLogger(__name__)


class CandidateAccess:
    """Compares certificate digests with those of the master candidates; files are read again when they change."""

    def __init__(self, ssconf: SsconfReader | None = None, server_pem: str = pathutils.NODED_CERT_FILE) -> None:
        self._ssconf = ssconf or SsconfReader()
        self._server_pem = server_pem
        self._mutex = threading.Lock()
        self._stamp: FileStamp = None
        self._cluster_digest = ""

    def refusal(self, peer: Peer) -> str | None:
        """Return why *peer* may not call anything, None if it may."""
        try:
            allowed = frozenset(self._ssconf.master_candidates_certs().values())
        except errors.ConfigurationError as err:
            return f"The certificates of the master candidates are not known: {err}"
        if not allowed:
            # A new cluster, or one that is being upgraded: nodes have no certificates of their own yet.
            try:
                allowed = frozenset({self._digest_of_cluster()})
            except (OSError, ValueError) as err:
                return f"The certificate of the cluster cannot be read: {err}"
        if peer.sha1 and (peer.sha1 in allowed or peer.sha256 in allowed):
            return None
        return "The certificate is not that of a master candidate"

    def _digest_of_cluster(self) -> str:
        stamp = file_stamp(self._server_pem)
        with self._mutex:
            if stamp is None or stamp != self._stamp:
                self._cluster_digest = x509.digest_of_file(self._server_pem)
                self._stamp = stamp
            return self._cluster_digest


class AnyoneAccess:
    """Lets everybody call: for node daemons that were started without TLS."""

    def refusal(self, peer: Peer) -> str | None:
        """Return None."""
        return None
