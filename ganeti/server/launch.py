"""The start of every daemon, in the order that its users rely on: options, checks, detaching, logs, PID file, work."""

import argparse
import contextlib
import logging
import os
import pwd
import signal
import socket
import sys
from abc import ABC, abstractmethod
from collections.abc import Sequence
from types import FrameType
from typing import Final

from ganeti import buildcfg, errors, pathutils
from ganeti import constants as c
from ganeti.ssconf import SsconfReader
from ganeti.utils import accounts, log
from ganeti.utils import daemon as daemon_utils
from ganeti.utils.argument_parser import ProgramParser
from ganeti.utils.completion import HelpCompletion

_LOG = logging.getLogger(__name__)

#: What is completed after options whose type does not tell.
_COMPLETION_KINDS: Final = {
    "bind_address": "inetaddr",
    "hook_timeout": "integer",
    "max_clients": "integer",
    "port": "integer",
    "ssl_cert": "file",
    "ssl_key": "file",
}

_ENDING: Final = (signal.SIGTERM, signal.SIGINT)
_SIGNALS: Final = (*_ENDING, signal.SIGHUP)


class StartError(Exception):
    """A daemon cannot start; the text is for the administrator, ``exit_code`` for who started it."""

    def __init__(self, text: str, exit_code: int = c.EXIT_FAILURE) -> None:
        super().__init__(text)
        self.exit_code = exit_code


class Daemon(ABC):
    """One daemon; its methods are called in the order in which they stand here."""

    #: Name of the program.
    NAME: str
    #: Whose account it runs under (``buildcfg.user_of``).
    ROLE: str
    #: Whether it listens on the network (options for port and address).
    NETWORKED = False
    #: Whether what it speaks there is HTTPS (options for interface, certificate, number of clients).
    SPEAKS_HTTPS = True
    #: Whether the check of the account that it runs under can be switched off.
    USER_CHECK_OPTIONAL = False
    WITH_THREADS = True
    #: Whether debug logs hold secrets.
    WARN_DEBUG = False
    CONSOLE_FALLBACK = False
    #: Whether another one may start while this one finishes its last work.
    MAY_OVERLAP = False

    def add_options(self, parser: argparse.ArgumentParser) -> None:  # noqa: B027 (optional, as are the others below)
        """Add options beyond the usual ones."""

    def check(self, options: argparse.Namespace) -> None:  # noqa: B027
        """Check what must be right before detaching. Raises StartError."""

    @abstractmethod
    def prepare(self, options: argparse.Namespace) -> None:
        """Get ready to serve: bind sockets, load files. Raises StartError or OSError."""

    def start(self) -> None:  # noqa: B027
        """Start to serve, in threads of its own; the daemon counts as running from here on."""

    def stop_accepting(self) -> None:  # noqa: B027
        """Stop taking new work, without waiting for the work under way."""

    @abstractmethod
    def stop(self) -> None:
        """Return when the work under way is done."""

    def hurry(self) -> bool:
        """Let ``stop`` not wait for work under way any more: a second signal to end came.

        Called by the handler of the signal, so it may only set a variable. Returns False if the daemon has nothing to
        put in order, so that it can be killed.
        """
        return False

    def reload(self) -> None:  # noqa: B027
        """React to SIGHUP beyond opening the logs anew."""


def build_parser(daemon: Daemon) -> ProgramParser:
    """Return the parser of a daemon's command line."""
    parser = ProgramParser(prog=daemon.NAME, allow_abbrev=False)
    add = parser.add_argument
    add("-V", "--version", action="version", version=f"{daemon.NAME} (ganeti) {c.RELEASE_VERSION}")
    add("-f", "--foreground", dest="fork", action="store_false", help="Don't detach from the current terminal")
    add("-d", "--debug", action="store_true", help="Enable some debug messages")
    choices = (c.SYSLOG_NO, c.SYSLOG_YES, c.SYSLOG_ONLY)
    add("--syslog", choices=choices, default=c.SYSLOG_USAGE, help="Send messages to syslog")
    if daemon.NETWORKED:
        _add_network_options(parser, daemon.NAME)
        if daemon.SPEAKS_HTTPS:
            _add_https_options(parser)
    if daemon.USER_CHECK_OPTIONAL:
        add("--no-user-checks", dest="user_checks", action="store_false", help="Ignore user checks")
    add("--help-completion", action=HelpCompletion, kinds=_COMPLETION_KINDS)
    daemon.add_options(parser)
    return parser


def _add_network_options(parser: ProgramParser, name: str) -> None:
    add = parser.add_argument
    protocol, port = c.DAEMONS_PORTS[name]
    add("-p", "--port", type=_port, default=service_port(name, protocol, port), help="Network port")
    add("-b", "--bind", dest="bind_address", default=None, help="Bind address")
    parser.set_defaults(bind_interface=None)


def _add_https_options(parser: ProgramParser) -> None:
    add = parser.add_argument
    add("-i", "--interface", dest="bind_interface", default=None, help="Bind interface")
    add("--no-ssl", dest="ssl", action="store_false", help="Do not secure HTTP protocol with SSL")
    add("-K", "--ssl-key", dest="ssl_key", default=None, help="SSL key path")
    add("-C", "--ssl-cert", dest="ssl_cert", default=None, help="SSL certificate path")
    add("--max-clients", type=positive, default=20, help="Maximum number of simultaneous calls")


def _port(text: str) -> int:
    number = int(text)
    if not 0 < number < 65536:
        raise argparse.ArgumentTypeError("a port is between 1 and 65535")
    return number


def positive(text: str) -> int:
    """Return a number of at least 1, for options. Raises ValueError or ArgumentTypeError."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def service_port(name: str, protocol: str, default: int) -> int:
    """Return the port that the services database has for a daemon, else *default*."""
    try:
        return socket.getservbyname(name, protocol)
    except OSError:
        return default


def primary_family() -> socket.AddressFamily:
    """Return the address family of the cluster, IPv4 as long as there is none."""
    try:
        is_v6 = SsconfReader().primary_ip_family() == socket.AF_INET6
    except errors.ConfigurationError:
        is_v6 = False
    return socket.AF_INET6 if is_v6 else socket.AF_INET


def bind_address_of(options: argparse.Namespace) -> str:
    """Return the address to listen on. Raises StartError."""
    family = primary_family()
    default = "::" if family == socket.AF_INET6 else "0.0.0.0"
    if not options.bind_interface:
        return options.bind_address or default
    if options.bind_address and options.bind_address != default:
        raise StartError("Can't specify both, bind address and bind interface")
    import psutil

    addresses = psutil.net_if_addrs().get(options.bind_interface, [])
    for entry in addresses:
        if entry.family == family:
            return entry.address
    raise StartError(f"Interface {options.bind_interface} has no address that could be bound to")


def _check_certificates(options: argparse.Namespace) -> None:
    for path in (options.ssl_key, options.ssl_cert) if options.ssl else ():
        if path and not os.path.isfile(path):
            raise StartError(f"SSL file {path} was not found")


def _check_user(daemon: Daemon) -> None:
    try:
        accounts.check_all()
    except errors.OpPrereqError as err:
        raise StartError(str(err.args[0])) from None
    uid = pwd.getpwnam(buildcfg.user_of(daemon.ROLE)).pw_uid
    if os.getuid() != uid:
        raise StartError(f"{daemon.NAME} started using wrong user ID ({os.getuid()}), expected {uid}")


def run(daemon: Daemon, argv: Sequence[str] | None = None) -> int:
    """Run a daemon until it is told to end; return its exit code."""
    options = build_parser(daemon).parse_args(argv)
    try:
        if daemon.NETWORKED:
            options.bind_address = bind_address_of(options)
            if daemon.SPEAKS_HTTPS:
                _check_certificates(options)
        if not daemon.USER_CHECK_OPTIONAL or options.user_checks:
            _check_user(daemon)
        daemon.check(options)
    except StartError as err:
        print(err, file=sys.stderr)
        return err.exit_code
    if options.debug and daemon.WARN_DEBUG:
        print("Warning: debug messages of this daemon contain secrets", file=sys.stderr)
    daemon_utils.close_inherited_fds()
    ready = daemon_utils.detach() if options.fork else daemon_utils.ReadyPipe(None)
    pid_file = daemon_utils.PidFile(pathutils.daemon_pid_file(daemon.NAME))
    try:
        signals = _set_up(daemon, options, pid_file)
    except (StartError, errors.GenericError, OSError) as err:
        ready.failed(f"{daemon.NAME}: {err}")
        _LOG.error("Cannot start: %s", err)
        pid_file.release()
        return c.EXIT_FAILURE
    except Exception as err:
        ready.failed(f"{daemon.NAME}: unexpected error: {err}")
        _LOG.exception("Cannot start")
        pid_file.release()
        return c.EXIT_FAILURE
    ready.ready()
    if options.fork:
        daemon_utils.redirect_output()
    _LOG.info("%s daemon startup", daemon.NAME)
    try:
        _serve(daemon, signals, pid_file)
    finally:
        pid_file.release()
    _LOG.info("%s daemon shutdown", daemon.NAME)
    return c.EXIT_SUCCESS


def _set_up(daemon: Daemon, options: argparse.Namespace, pid_file: daemon_utils.PidFile) -> daemon_utils.SignalQueue:
    """Open the logs, take the PID file and get the daemon to serve."""
    log.setup_logging(
        pathutils.DAEMON_LOG_FILES[daemon.NAME],
        daemon.NAME,
        debug=options.debug,
        stderr=not options.fork,
        syslog=options.syslog,
        with_threads=daemon.WITH_THREADS,
        console_fallback=daemon.CONSOLE_FALLBACK,
    )
    daemon_utils.return_freed_memory()
    pid_file.acquire()
    signals = daemon_utils.SignalQueue(_SIGNALS)
    daemon.prepare(options)
    daemon.start()
    return signals


def _serve(daemon: Daemon, signals: daemon_utils.SignalQueue, pid_file: daemon_utils.PidFile) -> None:
    """React to signals until one says that it is time to end, and end."""
    while (signum := signals.wait()) == signal.SIGHUP:
        log.reopen_logs(redirect_output=_goes_to_log())
        _LOG.info("Log files were opened anew")
        daemon.reload()
    _LOG.info("Received signal %s, stopping", signum.name if signum else "none")
    _react_to_second_signal(daemon)
    daemon.stop_accepting()
    if daemon.MAY_OVERLAP:
        pid_file.release()
    daemon.stop()


def _react_to_second_signal(daemon: Daemon) -> None:
    """Make a second signal end what is waited for, and a third one the process."""

    def hurry(signum: int, _frame: FrameType | None) -> None:
        for again in _ENDING:
            signal.signal(again, signal.SIG_DFL)
        if not daemon.hurry():
            os.kill(os.getpid(), signum)

    for signum in _ENDING:
        signal.signal(signum, hurry)


def _goes_to_log() -> bool:
    """Tell whether standard error goes to the log file (not so in the foreground)."""
    fd = log.log_stream_fd()
    with contextlib.suppress(OSError):
        return fd is not None and os.path.samestat(os.fstat(fd), os.fstat(2))
    return False
