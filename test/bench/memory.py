"""Memory of running processes."""


def rss_mib(pid: int) -> float:
    """Return the memory that a process has in use."""
    return _field_mib(pid, "VmRSS")


def peak_rss_mib(pid: int) -> float:
    """Return the most memory that a process had in use since it started."""
    return _field_mib(pid, "VmHWM")


def _field_mib(pid: int, name: str) -> float:
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        fields = dict(line.split(":", 1) for line in file)
    return int(fields[name].split()[0]) / 1024
