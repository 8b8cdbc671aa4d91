"""Options of gnt-instance."""

from ganeti import constants as c
from ganeti.cli.options import Option

ALLOW_FAILOVER = Option(
    ("--allow-failover",),
    "allow_failover",
    help="fail over if the instance cannot be migrated",
    action="store_true",
    default=False,
)
CLEANUP = Option(
    ("--cleanup",),
    "cleanup",
    help="repair what an earlier interrupted move has left",
    action="store_true",
    default=False,
)
COMMIT = Option(
    ("--commit",), "commit", help="create an instance that was only planned so far", action="store_true", default=False
)
COMMUNICATION = Option(
    ("-c", "--communication"),
    "instance_communication",
    help="whether the instance gets a network interface for talking to its node",
    type="bool",
)
DISK = Option(
    ("--disk",),
    "disks",
    help="disk as INDEX:KEY=VALUE,... (or, in modify, a change of one); may be repeated",
    action="append",
    type="identkeyval",
    default=[],
)
DISK_TEMPLATE = Option(
    ("-t", "--disk-template"),
    "disk_template",
    help="disk template",
    type="choice",
    choices=c.DISK_TEMPLATES,
    metavar="TEMPL",
)
EXT_PARAMS = Option(
    ("-e", "--ext-params"),
    "ext_params",
    help="provider and parameters of the template ext as provider=NAME,KEY=VALUE,...",
    type="keyval",
    default={},
)
FILE_DRIVER = Option(
    ("--file-driver",),
    "file_driver",
    help="driver for file-based disks",
    type="choice",
    choices=c.FILE_DRIVER,
    metavar="<DRIVER>",
)
FILE_STORAGE_DIR = Option(
    ("--file-storage-dir",),
    "file_storage_dir",
    help="directory for the disks, relative to that of the cluster",
    metavar="<DIR>",
)
FORCE_VARIANT = Option(
    ("--force-variant",),
    "force_variant",
    help="accept a variant that the OS definition does not declare",
    action="store_true",
    default=False,
)
FORTHCOMING = Option(
    ("--forthcoming",),
    "forthcoming",
    help="only plan the instance and reserve its resources",
    action="store_true",
    default=False,
)
HELPER_SHUTDOWN_TIMEOUT = Option(
    ("--helper-shutdown-timeout",),
    "helper_shutdown_timeout",
    help="seconds that the helper virtual machine gets to stop",
    type="int",
)
HELPER_STARTUP_TIMEOUT = Option(
    ("--helper-startup-timeout",),
    "helper_startup_timeout",
    help="seconds that the helper virtual machine gets to start",
    type="int",
)
HYPERVISOR = Option(
    ("-H", "--hypervisor-parameters"),
    "hypervisor",
    help="hypervisor and its parameters as HYPERVISOR[:KEY=VALUE,...]",
    type="identkeyval",
)
HYPERVISOR_PARAMETERS = Option(
    ("-H", "--hypervisor-parameters"),
    "hvparams",
    help="hypervisor parameters as KEY=VALUE,...",
    type="keyval",
    default={},
)
IGNORE_FAILURES = Option(
    ("--ignore-failures",),
    "ignore_failures",
    help="remove the instance from the configuration even if it cannot be stopped or its disks removed",
    action="store_true",
    default=False,
)
IGNORE_HVVERSIONS = Option(
    ("--ignore-hvversions",),
    "ignore_hvversions",
    help="migrate between different versions of the hypervisor",
    action="store_true",
    default=False,
)
IGNORE_OFFLINE = Option(
    ("--ignore-offline",),
    "ignore_offline",
    help="change the recorded state even if the primary node is offline",
    action="store_true",
    default=False,
)
IGNORE_SECONDARIES = Option(
    ("--ignore-secondaries",),
    "ignore_secondaries",
    help="go on if disks cannot be activated on the secondary node",
    action="store_true",
    default=False,
)
IGNORE_SIZE = Option(
    ("--ignore-size",),
    "ignore_size",
    help="accept disks that do not have the recorded size",
    action="store_true",
    default=False,
)
IP_CHECK = Option(
    ("--ip-check",), "ip_check", help="refuse a name whose address answers", action="store_true", default=False
)
NAME_CHECK = Option(
    ("--name-check",), "name_check", help="refuse a name that cannot be resolved", action="store_true", default=False
)
NET = Option(
    ("--net",),
    "nics",
    help="network interface as INDEX:KEY=VALUE,... (or, in modify, a change of one); may be repeated",
    action="append",
    type="identkeyval",
    default=[],
)
NEW_PRIMARY = Option(
    ("--new-primary",),
    "new_primary_node",
    help="record this node as primary node",
    metavar="<node>",
    completion="one_node",
)
NODE = Option(("-n", "--node"), "node", help="node to use", metavar="<node>", completion="one_node")
NODE_PAIR = Option(
    ("-n", "--node"),
    "node",
    help="primary and, where needed, secondary node",
    metavar="<pnode>[:<snode>]",
    completion="inst_add_nodes",
)
NO_CONFLICTS_CHECK = Option(
    ("--no-conflicts-check",),
    "conflicts_check",
    help="do not check whether addresses lie in a network of the cluster",
    action="store_false",
    default=True,
)
NO_HOTPLUG = Option(
    ("--no-hotplug",), "hotplug", help="do not change the running instance", action="store_false", default=True
)
NO_INSTALL = Option(
    ("--no-install",),
    "no_install",
    help="create the instance without installing an operating system, and do not start it",
    action="store_true",
    default=False,
)
NO_IP_CHECK = Option(
    ("--no-ip-check",),
    None,
    help="accepted for compatibility: addresses are not checked unless --ip-check is given",
    action="callback",
    callback="deprecated",
)
NO_NAME_CHECK = Option(
    ("--no-name-check",),
    None,
    help="accepted for compatibility: names are not checked unless --name-check is given",
    action="callback",
    callback="deprecated",
)
NO_NICS = Option(
    ("--no-nics",), "no_nics", help="create the instance without network interfaces", action="store_true", default=False
)
NO_REMEMBER = Option(
    ("--no-remember",),
    "no_remember",
    help="do not record the new state as the one that is wanted",
    action="store_true",
    default=False,
)
NO_START = Option(("--no-start",), "start", help="do not start the instance", action="store_false", default=True)
NO_WAIT_FOR_SYNC = Option(
    ("--no-wait-for-sync",),
    "wait_for_sync",
    help="do not wait until the disks are in sync",
    action="store_false",
    default=True,
)
OFFLINE = Option(("--offline",), "offline_inst", help="mark the instance offline", action="store_true", default=False)
ONLINE = Option(
    ("--online",), "online_inst", help="mark the instance down instead of offline", action="store_true", default=False
)
OPPORTUNISTIC_LOCKING = Option(
    ("--opportunistic-locking",),
    "opportunistic_locking",
    help="consider only nodes that are not locked by other jobs",
    action="store_true",
    default=False,
)
OS_PARAMETERS_SECRET = Option(
    ("--os-parameters-secret",),
    "osparams_secret",
    help="OS parameters that are neither shown nor stored, as KEY=VALUE,...",
    type="keyprivateval",
    default={},
)
OS_SIZE = Option(("-s", "--os-size"), "sd_size", help="size of the only disk", type="unit", metavar="<size>")
OS_TYPE = Option(
    ("-o", "--os-type"),
    "os",
    help="operating system definition, with +VARIANT where it has variants",
    metavar="<os>",
    completion="one_os",
)
PAUSED = Option(
    ("--paused",),
    "startup_paused",
    help="start the instance paused; it runs when the console is opened",
    action="store_true",
    default=False,
)
REBOOT_TYPE = Option(
    ("-t", "--type"),
    "reboot_type",
    help="soft (by the hypervisor), hard (stop and start) or full (also the disks)",
    type="choice",
    default="hard",
    choices=c.REBOOT_TYPES,
    metavar="<REBOOT>",
)
RUNTIME_MEMORY = Option(
    ("-m", "--runtime-memory"), "runtime_mem", help="memory of the running instance", type="unit", metavar="<size>"
)
SELECT_OS = Option(
    ("--select-os",), "select_os", help="choose the operating system from a list", action="store_true", default=False
)
SHOW_ALL = Option(("--all",), "show_all", help="show all instances", action="store_true", default=False)
SHOW_CMD = Option(
    ("--show-cmd",), "show_command", help="print the command instead of running it", action="store_true", default=False
)
SHUTDOWN_TIMEOUT = Option(
    ("--shutdown-timeout",),
    "shutdown_timeout",
    help="seconds that the instance gets to shut down before it is destroyed",
    type="int",
    default=c.DEFAULT_SHUTDOWN_TIMEOUT,
)
STATIC = Option(
    ("-s", "--static"),
    "static",
    help="show only what the configuration knows, do not ask the nodes",
    action="store_true",
    default=False,
)
TAGS = Option(("--tags",), "tags", help="comma-separated tags")
TIMEOUT = Option(
    ("--timeout",),
    "timeout",
    help="seconds that the instance gets to shut down before it is destroyed",
    type="int",
    default=c.DEFAULT_SHUTDOWN_TIMEOUT,
)
WAIT_FOR_SYNC = Option(
    ("--wait-for-sync",), "wait_for_sync", help="wait until the disks are in sync", action="store_true", default=False
)
