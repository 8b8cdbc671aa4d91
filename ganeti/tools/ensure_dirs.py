"""ensure-dirs: create the directories of a node and correct owners and modes of its files."""

import argparse
import glob
import grp
import logging
import os
import pwd
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache

from ganeti import buildcfg, errors, pathutils
from ganeti.tools.common import ToolError, add_logging_options, run_tool, setup_logging
from ganeti.tools.filetable import ARCHIVE_DIR_MODE, ARCHIVE_FILE_MODE, TABLE, Entry, Kind
from ganeti.utils import accounts, acl
from ganeti.utils.argument_parser import ProgramParser

_log = logging.getLogger(__name__)


@cache
def _uid(role: str) -> int:
    try:
        return pwd.getpwnam(buildcfg.user_of(role)).pw_uid
    except KeyError:
        raise ToolError(f"User {buildcfg.user_of(role)} (role {role}) does not exist") from None


@cache
def _gid(role: str) -> int:
    try:
        return grp.getgrnam(buildcfg.group_of(role)).gr_gid
    except KeyError:
        raise ToolError(f"Group {buildcfg.group_of(role)} (role {role}) does not exist") from None


def _open_for_change(path: str, kind: Kind) -> int | None:
    """Return a descriptor of the file or directory itself, None if there is nothing to correct.

    Daemon users may write in some of these directories: a link one of them made must not lead root elsewhere.
    """
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    if kind is Kind.DIRECTORY:
        flags |= os.O_DIRECTORY
    try:
        return os.open(path, flags)
    except FileNotFoundError:
        return None


def _correct(path: str, entry: Entry) -> None:
    """Give *path* the owner, group and mode of *entry* where they differ, and let administrators in."""
    _correct_owner_and_mode(path, entry)
    gid = accounts.admin_gid() if entry.admin else None
    if gid is None:
        return
    try:
        if acl.grant(path, entry.mode, gid, entry.admin):
            _log.info("Letting members of the group %s use %s", buildcfg.group_of("admin"), path)
    except OSError as err:
        _log.warning("Members of the group %s cannot use %s: %s", buildcfg.group_of("admin"), path, err.strerror)


def _correct_owner_and_mode(path: str, entry: Entry) -> None:
    found = os.lstat(path)
    wanted = (entry.mode, _uid(entry.owner), _gid(entry.group))
    if (stat.S_IMODE(found.st_mode), found.st_uid, found.st_gid) == wanted and not stat.S_ISLNK(found.st_mode):
        return
    mode, uid, gid = wanted
    _log.info("Setting %s to mode %04o, owner %s, group %s", path, mode, uid, gid)
    if stat.S_ISSOCK(found.st_mode):
        # A socket cannot be opened; only masterd and root can put anything in its directory.
        os.chown(path, uid, gid, follow_symlinks=False)
        os.chmod(path, mode)
        return
    fd = _open_for_change(path, entry.kind)
    if fd is None:
        return
    try:
        os.fchown(fd, uid, gid)
        os.fchmod(fd, mode)
    finally:
        os.close(fd)


def _ensure_directory(entry: Entry) -> None:
    """Create a directory if it is missing, then correct it."""
    # Directories above ours belong to the system; in a virtual cluster they may be missing.
    os.makedirs(os.path.dirname(entry.path), mode=0o755, exist_ok=True)
    try:
        os.mkdir(entry.path, 0o700)
        _log.info("Created directory %s", entry.path)
    except FileExistsError:
        if not stat.S_ISDIR(os.lstat(entry.path).st_mode):
            raise ToolError(f"{entry.path} is not a directory") from None
    _correct(entry.path, entry)


def _existing(pattern: str) -> Iterator[str]:
    """Return the files that an entry means."""
    if "*" in os.path.basename(pattern):
        yield from glob.iglob(f"{glob.escape(os.path.dirname(pattern))}/{os.path.basename(pattern)}")
    elif os.path.lexists(pattern):
        yield pattern


def _archive_entries() -> Iterator[Entry]:
    """Return what is inside the archive of old jobs."""
    archive = next(entry for entry in TABLE if entry.path == pathutils.JOB_QUEUE_ARCHIVE_DIR)
    for parent, directories, files in os.walk(pathutils.JOB_QUEUE_ARCHIVE_DIR):
        for name in directories:
            yield replace(archive, path=f"{parent}/{name}", mode=ARCHIVE_DIR_MODE)
        for name in files:
            yield replace(archive, path=f"{parent}/{name}", mode=ARCHIVE_FILE_MODE, kind=Kind.FILE)


def ensure(entries: Iterable[Entry]) -> None:
    """Bring directories and files to the state that *entries* describe; parents come first.

    Raises ToolError for unknown users and for a file where a directory belongs, OSError for what the system refuses.
    """
    for entry in entries:
        if entry.kind is Kind.DIRECTORY:
            _ensure_directory(entry)
        else:
            for path in _existing(entry.path):
                try:
                    _correct(path, entry)
                except FileNotFoundError:
                    # A job archived or a temporary file renamed meanwhile.
                    _log.debug("%s is gone", path)


def run(*, full: bool = False) -> None:
    """Do what the program does; *full* includes the archive of old jobs."""
    if os.getuid() != 0:
        raise ToolError("this must run as root")
    try:
        accounts.check_all()
    except errors.OpPrereqError as err:
        raise ToolError(str(err.args[0])) from None
    # The caller's umask must not narrow the directories above ours.
    os.umask(0o022)
    # In a virtual cluster the lock directory is the node's own, too.
    os.makedirs(pathutils.LOCK_DIR, mode=0o755, exist_ok=True)
    ensure(TABLE)
    if full:
        ensure(_archive_entries())


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = ProgramParser(prog="ensure-dirs", description=__doc__)
    add_logging_options(parser)
    parser.add_argument("-f", "--full-run", action="store_true", help="include the archive of old jobs")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program."""
    options = build_parser().parse_args(argv)
    setup_logging(debug=options.debug, verbose=options.verbose)

    def action() -> int:
        run(full=options.full_run)
        return 0

    return run_tool("ensure-dirs", action)
