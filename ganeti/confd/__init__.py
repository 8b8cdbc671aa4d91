"""The protocol of confd, which answers questions about the configuration: datagrams, signatures, client."""
