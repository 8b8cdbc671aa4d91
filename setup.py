"""Build and install the program: package, daemons, commands, tools, manual pages.

Every version has directories of its own for libraries and shared files, so that several can be installed side by side.
The links ``lib`` and ``share`` in the configuration directory tell which one this machine uses; programs are found at
places that do not change with the version and lead through them.
"""

import json
import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from setuptools import Command, find_packages, setup

HERE = Path(__file__).resolve().parent

#: Programs that others look for in the package library directory itself, not in its tools/.
PKGLIB = frozenset(
    {
        "check-cert-expired",
        "daemon-util",
        "ensure-dirs",
        "import-export",
        "kvm-ifup",
        "kvm-nic-setup",
        "net-common",
        "node-cleanup",
        "node-daemon-setup",
        "prepare-node-join",
        "ssh-update",
        "ssl-update",
        "use-version",
        "vif-ganeti-metad",
    }
)
#: Not installed: they belong to the source tree.
SOURCE_ONLY = frozenset({"launch", "demo", "dump-interface"})


def declared(name: str) -> str:
    """Return a version number from its one declaration."""
    text = (HERE / "ganeti" / "constants" / "versions.py").read_text(encoding="utf-8")
    found = re.search(rf'^{name}: Final = "?([^"\n]+)"?$', text, re.MULTILINE)
    if found is None:
        raise SystemExit(f"setup.py: no {name} in ganeti/constants/versions.py")
    return found.group(1)


def version() -> str:
    """Return the version of the software."""
    return declared("RELEASE_VERSION")


def vcs_version() -> str:
    """Return what git calls the source, or the released version outside of a repository."""
    command = ["git", "-C", str(HERE), "describe", "--tags", "--always", "--dirty"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return f"v{version()}"


def launcher(python: str, sharedir: str) -> str:
    """Return the text of an installed program: tools/launch without what belongs to the source tree."""
    lines = (HERE / "tools" / "launch").read_text(encoding="utf-8").splitlines(keepends=True)
    body = "".join(line for line in lines[2:] if not line.startswith("#"))
    body = re.sub(r"^sys\.path\[0\] = .*$", f"sys.path[0] = {sharedir!r}", body, flags=re.MULTILINE)
    return f"#!{python}\n{body}"


class BuildMan(Command):
    """Make manual pages from man/*.rst."""

    description = "make the manual pages"
    user_options: ClassVar[list[tuple[str, str | None, str]]] = [
        ("build-dir=", None, "directory for the pages (build/man)")
    ]

    def initialize_options(self) -> None:
        """Set defaults."""
        self.build_dir = str(HERE / "build" / "man")

    def finalize_options(self) -> None:
        """Nothing depends on other options."""

    def run(self) -> None:
        """Write one page per source."""
        from docutils.core import publish_file

        os.makedirs(self.build_dir, exist_ok=True)
        for source in sorted((HERE / "man").glob("*.rst")):
            found = re.search(r"^:Manual section: (\d)$", source.read_text(encoding="utf-8"), re.MULTILINE)
            if found is None:
                raise SystemExit(f"{source}: no line ':Manual section: N'")
            publish_file(
                source_path=str(source),
                destination_path=f"{self.build_dir}/{source.stem}.{found[1]}",
                writer="manpage",
                settings_overrides={"report_level": 2, "halt_level": 2},
            )


class InstallTree(Command):
    """Install everything below a prefix."""

    description = "install package, programs and manual pages"
    user_options: ClassVar[list[tuple[str, str | None, str]]] = [
        ("root=", None, "directory that stands for / (for packaging)"),
        ("prefix=", None, "installation prefix (/usr/local)"),
        ("localstatedir=", None, "state of this machine (/var)"),
        ("sysconfdir=", None, "configuration of this machine (/etc)"),
        ("python=", None, "interpreter of the installed programs (/usr/bin/python3)"),
        ("user-prefix=", None, "beginning of the names of the daemons' users (none: everything runs as root)"),
        ("group-prefix=", None, "beginning of the names of the daemons' groups (none: root)"),
        ("enable-restricted-commands", None, "let nodes run the programs in /etc/ganeti/restricted-commands (no)"),
    ]
    boolean_options: ClassVar[list[str]] = ["enable-restricted-commands"]

    def initialize_options(self) -> None:
        """Set defaults."""
        self.root = ""
        self.prefix = "/usr/local"
        self.localstatedir = "/var"
        self.sysconfdir = "/etc"
        self.python = "/usr/bin/python3"
        self.user_prefix = ""
        self.group_prefix = ""
        self.enable_restricted_commands = False

    def finalize_options(self) -> None:
        """Derive the directories and the names of accounts."""
        from ganeti.tools.account_names import with_prefixes

        try:
            self.names = with_prefixes(self.user_prefix, self.group_prefix)
        except ValueError as err:
            raise SystemExit(f"setup.py: {err}") from None
        directory = declared("DIR_VERSION")
        self.libroot = f"{self.prefix}/lib/ganeti"
        self.shareroot = f"{self.prefix}/share/ganeti"
        self.pkglibdir = f"{self.libroot}/{directory}"
        self.toolsdir = f"{self.pkglibdir}/tools"
        self.sbindir = f"{self.pkglibdir}/sbin"
        self.sharedir = f"{self.shareroot}/{directory}"
        self.mandir = f"{self.prefix}/share/man"
        self.lib_link = f"{self.sysconfdir}/ganeti/lib"
        self.share_link = f"{self.sysconfdir}/ganeti/share"

    def _target(self, path: str) -> Path:
        return Path(f"{self.root}{path}")

    def _write(self, path: str, text: str, mode: int) -> None:
        target = self._target(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        target.write_text(text, encoding="utf-8")
        target.chmod(mode)

    def _link(self, path: str, target: str) -> None:
        link = self._target(path)
        link.parent.mkdir(parents=True, exist_ok=True)
        if link.is_dir() and not link.is_symlink():
            # Installations without directories for versions had the files here.
            shutil.rmtree(link)
        link.unlink(missing_ok=True)
        link.symlink_to(target)

    def _choices(self) -> str:
        """Return the module that ``ganeti.buildcfg`` reads."""
        names = {
            "LOCALSTATEDIR": self.localstatedir,
            "SYSCONFDIR": self.sysconfdir,
            "PKGLIBDIR": self.pkglibdir,
            "TOOLSDIR": self.toolsdir,
            "SHAREDIR": self.sharedir,
            "SBINDIR": self.sbindir,
            "LIBROOT": self.libroot,
            "SHAREROOT": self.shareroot,
            "VCS_VERSION": vcs_version(),
            "USERS": dict(self.names.users),
            "GROUPS": dict(self.names.groups),
            "ENABLE_RESTRICTED_COMMANDS": bool(self.enable_restricted_commands),
        }
        lines = "".join(f"{name} = {value!r}\n" for name, value in names.items())
        return f'"""Written by `make install`: where this installation keeps its parts."""\n\n{lines}'

    def _install_package(self) -> None:
        target = self._target(f"{self.sharedir}/ganeti")
        if target.exists():
            shutil.rmtree(target)
        ignore = shutil.ignore_patterns("__pycache__", "*.pyc", "_installed.py")
        shutil.copytree(HERE / "ganeti", target, ignore=ignore)
        self._write(f"{self.sharedir}/ganeti/_installed.py", self._choices(), 0o644)

    def _programs(self) -> Iterator[tuple[Path, str]]:
        """Yield every program of the source tree and its place in this version."""
        for path in sorted((HERE / "daemons").iterdir()):
            yield path, f"{self.sbindir}/{path.name}"
        for path in sorted((HERE / "tools").iterdir()):
            if path.name not in SOURCE_ONLY:
                directory = self.pkglibdir if path.name in PKGLIB else self.toolsdir
                yield path, f"{directory}/{path.name}"

    def _install_programs(self) -> None:
        """Install the programs of this version, and lead to them from where people and other programs look."""
        text = launcher(self.python, self.sharedir)
        for source, path in self._programs():
            # Links stand for the launcher, files are programs as they are.
            self._write(path, text if source.is_symlink() else source.read_text(encoding="utf-8"), 0o755)
            name = path.removeprefix(f"{self.pkglibdir}/")
            if not name.startswith("tools/"):
                place = self.prefix if name.startswith("sbin/") else self.libroot
                self._link(f"{place}/{name}", f"{self.lib_link}/{name}")
        self._link(f"{self.libroot}/tools", f"{self.lib_link}/tools")
        self._link(f"{self.shareroot}/ganeti", f"{self.share_link}/ganeti")

    def _write_release(self) -> None:
        """Write what a cluster of another version must know about this one before it changes to it."""
        release = {"release": version(), "config_version": int(declared("CONFIG_VERSION"))}
        self._write(f"{self.pkglibdir}/release.json", json.dumps(release) + "\n", 0o644)

    def _choose_version(self) -> None:
        """Let the machine use this version, unless it belongs to a cluster that uses another one."""
        link = self._target(self.lib_link)
        other = os.readlink(link) if link.is_symlink() else self.pkglibdir
        in_cluster = self._target(f"{self.localstatedir}/lib/ganeti/server.pem").exists()
        if other != self.pkglibdir and in_cluster and self._target(other).exists():
            print(f"This node's cluster uses {other} and goes on doing so. When all nodes have the new version, run")
            print(f"  gnt-cluster upgrade --to {declared('DIR_VERSION')}")
            return
        self._link(self.lib_link, self.pkglibdir)
        self._link(self.share_link, self.sharedir)

    def _install_definitions(self) -> None:
        """Install the bundled OS definitions with the modes they have, beside those of others: no version owns them."""
        source = HERE / "os"
        if not source.is_dir():
            return
        for definition in sorted(source.iterdir()):
            target = self._target(f"{self.shareroot}/os/{definition.name}")
            if target.exists():
                shutil.rmtree(target)
            shutil.copytree(definition, target, ignore=shutil.ignore_patterns("__pycache__"))

    def _install_man(self) -> None:
        self.run_command("build_man")
        for page in sorted((HERE / "build" / "man").iterdir()):
            self._write(f"{self.mandir}/man{page.suffix[1:]}/{page.name}", page.read_text(encoding="utf-8"), 0o644)

    def _install_startup_files(self) -> None:
        """Install what systemd, sysvinit, cron and logrotate read."""
        from ganeti.tools.startup_files import Prefixes, startup_files

        prefixes = Prefixes(self.prefix, self.localstatedir, self.sysconfdir, self.names)
        for file in startup_files(HERE / "build-aux" / "templates", prefixes):
            if file.target is None:
                self._write(file.path, file.text, file.mode)
            else:
                self._link(file.path, file.target)

    def _install_completion(self) -> None:
        """Let the installed package write the completion of the shell: it knows the chosen directories."""
        directory = self._target(f"{self.prefix}/share/bash-completion/completions")
        command = [sys.executable, "-m", "ganeti.tools.bash_completion", str(directory)]
        environment = {**os.environ, "PYTHONPATH": str(self._target(self.sharedir)), "PYTHONDONTWRITEBYTECODE": "1"}
        subprocess.run(command, env=environment, cwd="/", check=True)

    def run(self) -> None:
        """Install."""
        os.umask(stat.S_IWGRP | stat.S_IWOTH)
        self._install_package()
        self._install_programs()
        self._write_release()
        self._install_definitions()
        self._install_man()
        self._install_startup_files()
        self._install_completion()
        self._choose_version()


setup(
    name="ganeti",
    version=version(),
    description="Cluster manager for virtual machines",
    license="BSD-2-Clause",
    python_requires=">=3.11",
    packages=find_packages(include=["ganeti", "ganeti.*"]),
    scripts=[],
    cmdclass={"build_man": BuildMan, "install_tree": InstallTree},
)
