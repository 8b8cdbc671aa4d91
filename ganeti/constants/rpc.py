"""Node RPC and HTTP."""

from typing import Final

# rpc
RPC_CONNECT_TIMEOUT: Final = 5
RPC_ENCODING_NONE: Final = 0
RPC_ENCODING_ZLIB_BASE64: Final = 1
RPC_MAX_CONCURRENT_CONNECTIONS: Final = 30
RPC_TMO_1DAY: Final = 86400
RPC_TMO_4HRS: Final = 14400
RPC_TMO_FAST: Final = 300
RPC_TMO_NORMAL: Final = 900
RPC_TMO_SLOW: Final = 3600
RPC_TMO_URGENT: Final = 60

# http
HTTP_0_9: Final = "HTTP/0.9"
HTTP_1_0: Final = "HTTP/1.0"
HTTP_1_1: Final = "HTTP/1.1"
HTTP_ALLOW: Final = "Allow"
HTTP_APP_JSON: Final = "application/json"
HTTP_APP_OCTET_STREAM: Final = "application/octet-stream"
HTTP_AUTHENTICATION_INFO: Final = "Authentication-Info"
HTTP_AUTHORIZATION: Final = "Authorization"
HTTP_CONNECTION: Final = "Connection"
HTTP_CONTENT_LENGTH: Final = "Content-Length"
HTTP_CONTENT_TYPE: Final = "Content-Type"
HTTP_DATE: Final = "Date"
HTTP_DELETE: Final = "DELETE"
HTTP_ETAG: Final = "ETag"
HTTP_GET: Final = "GET"
HTTP_HEAD: Final = "HEAD"
HTTP_HOST: Final = "Host"
HTTP_KEEP_ALIVE: Final = "Keep-Alive"
HTTP_NOT_MODIFIED: Final = 304
HTTP_NO_CONTENT: Final = 204
HTTP_OK: Final = 200
HTTP_POST: Final = "POST"
HTTP_PUT: Final = "PUT"
HTTP_SERVER: Final = "Server"
HTTP_USER_AGENT: Final = "User-Agent"
HTTP_WWW_AUTHENTICATE: Final = "WWW-Authenticate"

# timeouts
DISK_REMOVE_RETRY_INTERVAL: Final = 3
DISK_REMOVE_RETRY_TIMEOUT: Final = 30
UPGRADE_QUEUE_DRAIN_TIMEOUT: Final = 129600
UPGRADE_QUEUE_POLL_INTERVAL: Final = 10
