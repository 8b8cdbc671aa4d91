"""Import, export and disk transfer."""

from typing import Final

# export
EXPORT_MODES: Final[tuple[str, ...]] = ("local", "remote")
EXPORT_MODE_LOCAL: Final = "local"
EXPORT_MODE_REMOTE: Final = "remote"

# export config sections
INISECT_BEP: Final = "backend"
INISECT_EXP: Final = "export"
INISECT_HYP: Final = "hypervisor"
INISECT_INS: Final = "instance"
INISECT_OSP: Final = "os"
INISECT_OSP_PRIVATE: Final = "os_private"

# import export
IEC_ALL: Final[tuple[str, ...]] = ("gzip", "gzip-fast", "gzip-slow", "lzop", "none")
IEC_COMPRESSION_UTILITIES: Final[dict[str, str]] = {"gzip-fast": "gzip", "gzip-slow": "gzip"}
IEC_DEFAULT_TOOLS: Final[tuple[str, ...]] = ("gzip", "gzip-fast", "gzip-slow")
IEC_GZIP: Final = "gzip"
IEC_GZIP_FAST: Final = "gzip-fast"
IEC_GZIP_SLOW: Final = "gzip-slow"
IEC_LZOP: Final = "lzop"
IEC_NONE: Final = "none"
IEIO_FILE: Final = "file"
IEIO_RAW_DISK: Final = "raw"
IEIO_SCRIPT: Final = "script"
IEM_EXPORT: Final = "export"
IEM_IMPORT: Final = "import"
IE_CUSTOM_SIZE: Final = "fd"

# transfer daemon
BUFSIZE: Final = 1048576
CA_FILE: Final = "ca"
CERT_FILE: Final = "cert"
KEY_FILE: Final = "key"
MAX_SSL_CERT_VALIDITY: Final = 604800
PID_FILE: Final = "pid"
SOCAT_OPENSSL_OPTS: Final[tuple[str, ...]] = ("verify=1", "cipher=HIGH:-DES:-3DES:-EXPORT:-DH", "compress=none")
SOCAT_OPTION_MAXLEN: Final = 400
SOCAT_TCP_OPTS: Final[tuple[str, ...]] = ("keepalive", "keepidle=60", "keepintvl=10", "keepcnt=5")
STATUS_FILE: Final = "status"

# remote import export
CHILD_LINGER_TIMEOUT: Final = 5.0
RIE_CERT_VALIDITY: Final = 86400
RIE_CONNECT_ATTEMPT_TIMEOUT: Final = 20
RIE_CONNECT_RETRIES: Final = 10
RIE_CONNECT_TIMEOUT: Final = 180
RIE_HANDSHAKE: Final = "Hi, I'm Ganeti"
RIE_VERSION: Final = 0

# x509
SSL_CERT_EXPIRATION_ERROR: Final = 7
SSL_CERT_EXPIRATION_WARN: Final = 30
X509_CERT_CN: Final = "ganeti.example.com"
X509_CERT_DEFAULT_VALIDITY: Final = 1825
X509_CERT_SIGNATURE_HEADER: Final = "X-Ganeti-Signature"
X509_CERT_SIGN_DIGEST: Final = "SHA256"
