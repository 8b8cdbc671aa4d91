"""The start-up files of the system (systemd, sysvinit, cron, logrotate) as `make install` writes them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from ganeti.tools.account_names import GROUP_ROLES, USER_ROLES, Names

_PLACEHOLDER: Final = re.compile(r"@([A-Z_]+)@")
#: Names of daemons that others were split from or merged into, for programs that ask before anything is enabled.
_UNIT_ALIASES: Final = {
    "ganeti-luxid.service": "ganeti-masterd.service",
    "ganeti-wconfd.service": "ganeti-masterd.service",
}


@dataclass(frozen=True)
class Prefixes:
    """Directories of an installation, and its accounts."""

    prefix: str
    localstatedir: str
    sysconfdir: str
    names: Names = field(default_factory=Names)

    @property
    def unitdir(self) -> str:
        """Where systemd looks for the units of packages (prefix /usr) and of the site (/usr/local)."""
        return f"{self.prefix}/lib/systemd/system"

    def values(self) -> dict[str, str]:
        """Return what the placeholders stand for."""
        users = {f"{role.upper()}_USER": self.names.user(role) for role in USER_ROLES}
        groups = {f"{role.upper()}_GROUP": self.names.group(role) for role in GROUP_ROLES}
        return users | groups | {
            "SBINDIR": f"{self.prefix}/sbin",
            "PKGLIBDIR": f"{self.prefix}/lib/ganeti",
            "DATADIR": f"{self.localstatedir}/lib/ganeti",
            "LOGDIR": f"{self.localstatedir}/log/ganeti",
            "DEFAULTS": f"{self.sysconfdir}/default/ganeti",
        }


@dataclass(frozen=True)
class InstalledFile:
    """A file to write, or a link to make if it has a *target*."""

    path: str
    text: str = ""
    mode: int = 0o644
    target: str | None = None


def rendered(template: str, values: dict[str, str]) -> str:
    """Return a template with its placeholders ``@NAME@`` replaced; raises KeyError for an unknown one."""
    return _PLACEHOLDER.sub(lambda found: values[found[1]], template)


def startup_files(templates: Path, prefixes: Prefixes) -> Iterator[InstalledFile]:
    """Yield every start-up file of an installation; *templates* is the directory of their sources."""
    values = prefixes.values()

    def text(name: str) -> str:
        return rendered((templates / name).read_text(encoding="utf-8"), values)

    for unit in sorted((templates / "systemd").iterdir()):
        yield InstalledFile(f"{prefixes.unitdir}/{unit.name}", text(f"systemd/{unit.name}"))
    for alias, unit_name in _UNIT_ALIASES.items():
        yield InstalledFile(f"{prefixes.unitdir}/{alias}", target=unit_name)
    yield InstalledFile(f"{prefixes.sysconfdir}/init.d/ganeti", text("ganeti.initd"), 0o755)
    yield InstalledFile(f"{prefixes.sysconfdir}/cron.d/ganeti", text("ganeti.cron"))
    yield InstalledFile(f"{prefixes.sysconfdir}/logrotate.d/ganeti", text("ganeti.logrotate"))
