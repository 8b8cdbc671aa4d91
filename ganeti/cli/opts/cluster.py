"""Options of gnt-cluster."""

from ganeti import constants as c
from ganeti import pathutils
from ganeti.cli.options import Option

ADD_UIDS = Option(("--add-uids",), "add_uids", help="user ids and ranges to add to the pool")
CANDIDATE_POOL_SIZE = Option(
    ("-C", "--candidate-pool-size"), "candidate_pool_size", help="wanted number of master candidates", type="int"
)
CLUSTER_FILE_STORAGE_DIR = Option(
    ("--file-storage-dir",), "file_storage_dir", help="directory for the template file", metavar="DIR"
)
COMPRESSION_TOOLS = Option(
    ("--compression-tools",), "compression_tools", help="comma-separated programs that may compress transfers"
)
DATA_COLLECTOR_INTERVAL = Option(
    ("--data-collector-interval",),
    "data_collector_interval",
    help="seconds between runs of data collectors as NAME=SECONDS,...",
    type="keyval",
    default={},
)
DEBUG_SIMULATE_ERRORS = Option(
    ("--debug-simulate-errors",),
    "simulate_errors",
    help="report every check as failed",
    action="store_true",
    default=False,
)
DEFAULT_IALLOCATOR = Option(
    ("-I", "--default-iallocator"),
    "default_iallocator",
    help="instance allocator used when none is named",
    metavar="<NAME>",
    completion="one_iallocator",
)
DEFAULT_IALLOCATOR_PARAMS = Option(
    ("--default-iallocator-params",),
    "default_iallocator_params",
    help="parameters of the default instance allocator as KEY=VALUE,...",
    type="keyval",
)
DISK_PARAMETERS = Option(
    ("-D", "--disk-parameters"),
    "diskparams",
    help="disk parameters as TEMPLATE:KEY=VALUE,...; may be repeated",
    action="append",
    type="identkeyval",
    default=[],
)
DRBD_USERMODE_HELPER = Option(
    ("--drbd-usermode-helper",), "drbd_helper", help="program that the DRBD kernel module calls"
)
ENABLED_DATA_COLLECTORS = Option(
    ("--enabled-data-collectors",),
    "enabled_data_collectors",
    help="data collectors to switch on or off as NAME=true|false,...",
    type="keyval",
    default={},
)
ENABLED_DISK_TEMPLATES = Option(
    ("--enabled-disk-templates",), "enabled_disk_templates", help="comma-separated disk templates that may be used"
)
ENABLED_HYPERVISORS = Option(
    ("--enabled-hypervisors",),
    "enabled_hypervisors",
    help="comma-separated hypervisors that may be used; the first is the default",
)
ERROR_CODES = Option(
    ("--error-codes",),
    "error_codes",
    help="print findings in the form for programs",
    action="store_true",
    default=False,
)
FAILURE_ONLY = Option(
    ("--failure-only",),
    "failure_only",
    help="show only nodes where the command failed",
    action="store_true",
    default=False,
)
NEW_GLUSTER_STORAGE_DIR = Option(
    ("--gluster-storage-dir",),
    "gluster_storage_dir",
    help="directory for the template gluster",
    metavar="GLUSTERDIR",
)
GLUSTER_STORAGE_DIR = Option(
    ("--gluster-storage-dir",),
    "gluster_storage_dir",
    help="directory for the template gluster",
    default=pathutils.DEFAULT_GLUSTER_STORAGE_DIR,
    metavar="GLUSTERDIR",
)
IGNORE_ERRORS = Option(
    ("-I", "--ignore-errors"),
    "ignore_errors",
    help="make findings with this code mere warnings; may be repeated",
    action="append",
    type="choice",
    default=[],
    choices=c.CV_ALL_ECODES_STRINGS,
)
IGNORE_OFFLINE_NODES = Option(
    ("--ignore-offline-nodes",),
    "ignore_offline_nodes",
    help="nodes that are marked offline have no vote (default)",
    action="store_true",
    default=True,
)
NO_IGNORE_OFFLINE_NODES = Option(
    ("--no-ignore-offline-nodes",),
    "ignore_offline_nodes",
    help="nodes that are marked offline have a vote, which counts as not given while they are down",
    action="store_false",
    default=True,
)
NO_STRICT = Option(
    ("--no-strict",),
    "no_strict",
    help="leave out instances that other jobs work on instead of waiting for them",
    action="store_true",
    default=False,
)
NO_VOTING = Option(
    ("--no-voting",),
    "no_voting",
    help="do not ask the other nodes who the master is; use this only if they are certainly down",
    action="store_true",
    default=False,
)
INSTALL_IMAGE = Option(
    ("--install-image",), "install_image", help="disk image of the virtual machine that runs untrusted OS scripts"
)
INSTANCE_COMMUNICATION_NETWORK = Option(
    ("--instance-communication-network",),
    "instance_communication_network",
    help="network through which instances talk to their nodes, empty to switch it off",
)
MAC_PREFIX = Option(("-m", "--mac-prefix"), "mac_prefix", help="first three octets of MAC addresses", metavar="PREFIX")
MAINTAIN_NODE_HEALTH = Option(
    ("--maintain-node-health",),
    "maintain_node_health",
    help="have instances on nodes that are marked offline shut down (by a watcher; this version has none)",
    type="bool",
    metavar="yes|no",
)
MASTER_NETDEV = Option(
    ("--master-netdev",), "master_netdev", help="network device of the cluster address", metavar="NETDEV"
)
MASTER_NETMASK = Option(
    ("--master-netmask",), "master_netmask", help="prefix length of the cluster address", metavar="NETMASK"
)
MAX_RUNNING_JOBS = Option(
    ("--max-running-jobs",), "max_running_jobs", help="number of jobs that may run at the same time", type="int"
)
MAX_TRACKED_JOBS = Option(
    ("--max-tracked-jobs",),
    "max_tracked_jobs",
    help="number of jobs that the scheduler follows at the same time",
    type="int",
)
MODIFY_ETC_HOSTS = Option(
    ("--modify-etc-hosts",),
    "modify_etc_hosts",
    help="whether /etc/hosts of the nodes is kept up to date",
    type="bool",
    metavar="yes|no",
)
NIC_PARAMETERS = Option(
    ("-N", "--nic-parameters"),
    "nicparams",
    help="default parameters of network interfaces as KEY=VALUE,...",
    type="keyval",
    default={},
)
NODES = Option(
    ("-n", "--node"),
    "nodes",
    help="work on this node only; may be repeated",
    action="append",
    default=[],
    metavar="<node>",
    completion="one_node",
)
NO_ETC_HOSTS = Option(
    ("--no-etc-hosts",), "modify_etc_hosts", help="do not touch /etc/hosts", action="store_false", default=True
)
NO_HV_PARAM_ASSESSMENT = Option(
    ("--no-hv-param-assessment",),
    "skip_hvparam_assessment",
    help="do not assess the hypervisor parameters",
    action="store_true",
    default=False,
)
NO_NPLUS1_MEM = Option(
    ("--no-nplus1-mem",),
    "skip_nplusone_mem",
    help="do not check whether instances would fit elsewhere if a node failed",
    action="store_true",
    default=False,
)
NO_SSH_INIT = Option(
    ("--no-ssh-init",), "modify_ssh_setup", help="do not manage SSH keys", action="store_false", default=True
)
PREALLOC_WIPE_DISKS = Option(
    ("--prealloc-wipe-disks",),
    "prealloc_wipe_disks",
    help="overwrite new disks before they are used",
    type="bool",
    metavar="yes|no",
)
PRIMARY_IP_VERSION = Option(
    ("--primary-ip-version",),
    "primary_ip_version",
    help="IP version of the primary addresses of the nodes",
    default=4,
    metavar="4|6",
)
REMOVE_UIDS = Option(("--remove-uids",), "remove_uids", help="user ids and ranges to remove from the pool")
RESERVED_LVS = Option(
    ("--reserved-lvs",),
    "reserved_lvs",
    help="comma-separated patterns of logical volumes that do not belong to the cluster",
)
RESUME = Option(
    ("--resume",), "resume", help="go on with a change that was interrupted", action="store_true", default=False
)
SHARED_FILE_STORAGE_DIR = Option(
    ("--shared-file-storage-dir",),
    "shared_file_storage_dir",
    help="directory for the template sharedfile",
    metavar="SHAREDDIR",
)
SHOW_MACHINE_NAMES = Option(
    ("-M", "--show-machine-names"),
    "show_machine_names",
    help="put the node name in front of each line of output",
    action="store_true",
    default=False,
)
SSH_KEY_BITS = Option(("--ssh-key-bits",), "ssh_key_bits", help="length of the SSH keys of the nodes", type="int")
SSH_KEY_TYPE = Option(
    ("--ssh-key-type",), "ssh_key_type", help="type of the SSH keys of the nodes", type="choice", choices=c.SSHK_ALL
)
TO = Option(("--to",), "to", help="version to change to", metavar="VERSION")
UID_POOL = Option(("--uid-pool",), "uid_pool", help="comma-separated user ids and ranges that instances may run as")
USER_SHUTDOWN = Option(
    ("--user-shutdown",), "enabled_user_shutdown", help="accept that an instance was shut down from inside", type="bool"
)
USE_EXTERNAL_MIP_SCRIPT = Option(
    ("--use-external-mip-script",),
    "use_external_mip_script",
    help="configure the cluster address with the script of the site",
    type="bool",
    metavar="yes|no",
)
USE_REPLICATION_NETWORK = Option(
    ("--use-replication-network",),
    "use_replication_network",
    help="copy through the network for replication",
    action="store_true",
    default=False,
)
VERIFY_SSH_CLUTTER = Option(
    ("--verify-ssh-clutter",),
    "verify_clutter",
    help="also report SSH keys that should not be on a node",
    action="store_true",
    default=False,
)
VG_NAME = Option(("--vg-name",), "vg_name", help="LVM volume group, empty for none", metavar="VG")
YES = Option(("--yes",), "confirm", help="do not ask for confirmation", action="store_true", default=False)
YES_DO_IT_UNASKED = Option(
    ("--yes-do-it",), "yes_do_it", help="do not ask for confirmation of --no-voting", action="store_true", default=False
)
YES_DO_IT_DRAINED = Option(
    ("--yes-do-it",), "yes_do_it", help="do it even if the job queue is drained", action="store_true", default=False
)
ZEROING_IMAGE = Option(
    ("--zeroing-image",), "zeroing_image", help="disk image of the virtual machine that zeroes disks before an export"
)
