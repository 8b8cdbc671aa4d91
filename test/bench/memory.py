"""Memory of running processes."""


def rss_mib(pid: int) -> float:
    """Return the memory that a process has in use."""
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        fields = dict(line.split(":", 1) for line in file)
    return int(fields["VmRSS"].split()[0]) / 1024
