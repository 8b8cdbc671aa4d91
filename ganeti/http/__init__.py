"""HTTPS between the daemons: a client that makes many requests at once, and a server."""
