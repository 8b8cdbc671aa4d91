"""Edit the list of hosts of this machine: pure functions on its text, and their application to the file."""

import os

from ganeti import pathutils
from ganeti.utils import files


def with_host(text: str, ip: str, name: str, aliases: tuple[str, ...] = ()) -> str:
    """Return the text of /etc/hosts with exactly one line for *ip*, naming *name* and *aliases*."""
    kept = [line for line in text.splitlines() if not _is_line_of(line, ip)]
    kept.append(f"{ip}\t{' '.join(dict.fromkeys((name, *aliases)))}")
    return "\n".join(kept) + "\n"


def without_host(text: str, name: str) -> str:
    """Return the text of /etc/hosts without the names *name* and its short form; lines left empty go."""
    gone = {name, name.partition(".")[0]}
    lines = []
    for line in text.splitlines():
        fields = line.partition("#")[0].split()
        if len(fields) < 2 or not gone & set(fields[1:]):
            lines.append(line)
            continue
        remaining = [field for field in fields[1:] if field not in gone]
        if remaining:
            lines.append(f"{fields[0]}\t{' '.join(remaining)}")
    return "\n".join(lines) + "\n"


def _is_line_of(line: str, ip: str) -> bool:
    fields = line.partition("#")[0].split()
    return bool(fields) and fields[0] == ip


def add_host(name: str, ip: str) -> None:
    """Add a host with its short name to /etc/hosts."""
    _replace(with_host(files.read_text(pathutils.ETC_HOSTS, default=""), ip, name, (name.partition(".")[0],)))


def remove_host(name: str) -> None:
    """Remove a host from /etc/hosts."""
    _replace(without_host(files.read_text(pathutils.ETC_HOSTS, default=""), name))


def _replace(text: str) -> None:
    """Write /etc/hosts; where it is a mount of its own (containers) it cannot be replaced, only overwritten."""
    try:
        files.write_atomic(pathutils.ETC_HOSTS, text, mode=0o644)
    except OSError:
        if not os.path.ismount(pathutils.ETC_HOSTS):
            raise
        with open(pathutils.ETC_HOSTS, "r+", encoding="utf-8") as hosts:
            hosts.write(text)
            hosts.truncate()
