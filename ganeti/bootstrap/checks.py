"""Everything that ``gnt-cluster init`` checks before it changes anything.

Each function checks one thing and raises OpPrereqError with the code of the specification. What was found out on the
way is collected in ``Facts``. Nothing here has a lasting effect.
"""

import os
from typing import Any, Final

import msgspec

from ganeti import buildcfg, errors, hvparams, pathutils
from ganeti import constants as c
from ganeti.bootstrap import nodefacts
from ganeti.bootstrap.params import InitParams
from ganeti.config.verify import ipolicy_problems
from ganeti.errors import OpPrereqError
from ganeti.objects import Params, ndparams
from ganeti.objects.cluster_values import check_compression_tools, check_image, check_uid_ranges
from ganeti.objects.static_states import cluster_disk_state, cluster_hv_state
from ganeti.rpc.transport import noded_port
from ganeti.utils import accounts, net, paramtypes, sshkeys
from ganeti.utils.storagepaths import check_path

_PING_TIMEOUT_S: Final = 5.0


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What the checks found out about this host and made of the parameters."""

    hostname: str
    primary_ip: str
    secondary_ip: str
    cluster_name: str
    cluster_ip: str
    netmask: int
    family: int
    mac_prefix: str
    file_storage_dir: str
    shared_file_storage_dir: str
    gluster_storage_dir: str
    beparams: Params
    nicparams: Params
    ndparams: Params
    hvparams: dict[str, Params]
    diskparams: dict[str, Params]
    ipolicy: Params
    hv_state: Params
    disk_state: Params
    default_iallocator: str
    rsa_host_key: str
    dsa_host_key: str | None
    ssh_key_bits: int


def _invalid(text: str) -> OpPrereqError:
    return OpPrereqError(text, c.ECODE_INVAL)


def _environment(text: str) -> OpPrereqError:
    return OpPrereqError(text, c.ECODE_ENVIRON)


def check_all(params: InitParams) -> Facts:
    """Run all checks in the order of the specification; returns what they found.

    Raises OpPrereqError.
    """
    check_not_initialised()
    check_no_leftovers()
    check_enabled(params)
    family = address_family(params.primary_ip_version)
    hostname, primary_ip = own_address(family)
    cluster_name, cluster_ip = cluster_address(params.cluster_name, family)
    secondary_ip = checked_secondary_ip(params, primary_ip)
    netmask = checked_netmask(params.master_netmask, family)
    check_lvm(params)
    check_drbd(params)
    storage = {name: storage_dir(params, name) for name in _STORAGE_DIRS}
    mac_prefix = net.normalise_mac_prefix(params.mac_prefix)
    nicparams = checked_nicparams(params.nicparams)
    check_netdev(params.master_netdev, nicparams)
    hypervisors, disks, policy = checked_hvparams(params), checked_diskparams(params), checked_ipolicy(params)
    rsa_key, dsa_key = host_keys(params)
    facts = Facts(
        hostname=hostname,
        primary_ip=primary_ip,
        secondary_ip=secondary_ip,
        cluster_name=cluster_name,
        cluster_ip=cluster_ip,
        netmask=netmask,
        family=family,
        mac_prefix=mac_prefix,
        file_storage_dir=storage[c.DT_FILE],
        shared_file_storage_dir=storage[c.DT_SHARED_FILE],
        gluster_storage_dir=storage[c.DT_GLUSTER],
        nicparams=nicparams,
        beparams=checked_beparams(params.beparams),
        ndparams=checked_ndparams(params.ndparams),
        hvparams=hypervisors,
        diskparams=disks,
        ipolicy=policy,
        hv_state=cluster_hv_state({}, params.hv_state),
        disk_state=cluster_disk_state({}, params.disk_state),
        rsa_host_key=rsa_key,
        dsa_host_key=dsa_key,
        ssh_key_bits=sshkeys.checked_key_size(params.ssh_key_type, params.ssh_key_bits),
        default_iallocator=checked_iallocator(params.default_iallocator),
    )
    accounts.check_all()
    check_compression_tools(params.compression_tools)
    check_uid_ranges(params.uid_pool)
    check_image(params.install_image or None, "Install image")
    check_image(params.zeroing_image or None, "Zeroing image")
    if params.candidate_pool_size < 1:
        raise _invalid(f"Invalid size of the candidate pool {params.candidate_pool_size}; it must be at least 1")
    return facts


# the host's state


def check_not_initialised() -> None:
    """Check that this host is not part of a cluster as one of its candidates."""
    if os.path.exists(pathutils.CLUSTER_CONF_FILE):
        raise OpPrereqError("Cluster is already initialised", c.ECODE_STATE)


def check_no_leftovers() -> None:
    """Check that no former cluster left files."""
    for directory in (pathutils.DATA_DIR, pathutils.QUEUE_DIR, pathutils.JOB_QUEUE_ARCHIVE_DIR):
        try:
            names = sorted(entry.name for entry in os.scandir(directory) if not entry.is_dir(follow_symlinks=False))
        except FileNotFoundError:
            continue
        if names:
            raise OpPrereqError(
                f"Directory {directory} holds files of a former cluster ({', '.join(names[:5])}...); remove them"
                " (node-cleanup does) before creating a new cluster",
                c.ECODE_STATE,
            )


def check_enabled(params: InitParams) -> None:
    """Check the lists of hypervisors and disk templates."""
    for what, given, known in (
        ("hypervisors", params.enabled_hypervisors, c.HYPER_TYPES),
        ("disk templates", params.enabled_disk_templates, c.DISK_TEMPLATES),
    ):
        if not given:
            raise _invalid(f"The list of enabled {what} is empty")
        unknown = [name for name in given if name not in known]
        if unknown:
            raise _invalid(f"Unknown {what}: {', '.join(unknown)}")


# addresses


def address_family(version: int) -> int:
    """Return the address family of an IP version."""
    if version not in c.VALID_IP_VERSIONS:
        raise _invalid(f"Invalid primary IP version {version}; it must be 4 or 6")
    return nodefacts.FAMILIES[version]


def own_address(family: int) -> tuple[str, str]:
    """Return this host's name and primary address."""
    hostname = net.own_hostname()
    try:
        ip = net.resolve(hostname, family)
    except errors.ResolverError as err:
        raise _environment(f"This host's name ({hostname}) does not resolve: {err.args[-1]}") from err
    # The nodes of a virtual cluster may live on loopback addresses of one machine.
    if net.is_loopback(ip) and not pathutils.VIRTUAL_ROOT:
        raise _environment(f"This host's name ({hostname}) resolves to the loopback address {ip}; correct /etc/hosts")
    if not nodefacts.owns(ip):
        raise _environment(f"This host's name ({hostname}) resolves to {ip}, which this host does not have")
    return hostname, ip


def cluster_address(name: str, family: int) -> tuple[str, str]:
    """Return the cluster's full name and address; nobody may answer there."""
    try:
        full_name, ip = net.fqdn(name, family)
    except errors.ResolverError as err:
        raise OpPrereqError(f"The cluster's name ({name}) does not resolve: {err.args[-1]}", c.ECODE_RESOLVER) from err
    if net.tcp_ping(ip, noded_port(), timeout_s=_PING_TIMEOUT_S):
        raise OpPrereqError(f"The cluster's address {ip} is in use by another host", c.ECODE_NOTUNIQUE)
    return full_name, ip


def checked_secondary_ip(params: InitParams, primary_ip: str) -> str:
    """Return the secondary address."""
    if params.secondary_ip is None:
        if params.primary_ip_version == 6:
            raise _invalid("With IPv6 primary addresses a secondary IPv4 address must be given")
        return primary_ip
    ip = params.secondary_ip
    if not net.is_ip(ip, 4):
        raise _invalid(f"The secondary address {ip} is not a valid IPv4 address")
    if ip != primary_ip and not nodefacts.owns(ip):
        raise _environment(f"This host does not have the secondary address {ip}")
    return ip


def checked_netmask(netmask: int | None, family: int) -> int:
    """Return the prefix length of the master address."""
    longest = nodefacts.PREFIX_LENGTHS[family]
    if netmask is None:
        return longest
    if not 1 <= netmask <= longest:
        raise _invalid(f"Invalid netmask {netmask}; it must be from 1 to {longest}")
    return netmask


def check_netdev(netdev: str, nicparams: Params) -> None:
    """Check that the device of the master address exists; Open vSwitch creates its own later."""
    if nicparams[c.NIC_MODE] != c.NIC_MODE_OVS and not nodefacts.netdev_exists(netdev):
        raise _invalid(f"The master network device {netdev} does not exist")


# storage


def check_lvm(params: InitParams) -> None:
    """Check that the volume group exists and is large enough."""
    uses_lvm = any(name in c.DTS_LVM for name in params.enabled_disk_templates)
    if not uses_lvm:
        return
    if not params.vg_name:
        raise _invalid("A volume group is needed for the disk templates plain and drbd")
    size = nodefacts.volume_group_size_mib(params.vg_name)
    if size is None:
        raise _invalid(f"Volume group {params.vg_name} does not exist")
    if size < c.MIN_VG_SIZE:
        raise _invalid(f"Volume group {params.vg_name} is too small: {size} MiB instead of {c.MIN_VG_SIZE} MiB")


def check_drbd(params: InitParams) -> None:
    """Check that the kernel's DRBD uses the wanted helper."""
    if c.DT_DRBD8 not in params.enabled_disk_templates:
        return
    if not params.drbd_helper:
        raise _invalid("The disk template drbd needs a usermode helper")
    current = nodefacts.drbd_usermode_helper()
    if current is None:
        raise _environment("Cannot read the usermode helper of DRBD: the kernel module is not loaded")
    if current != params.drbd_helper:
        raise _invalid(f"DRBD uses the helper {current}, not {params.drbd_helper}")


#: disk template -> (attribute of InitParams, default)
_STORAGE_DIRS: Final = {
    c.DT_FILE: ("file_storage_dir", pathutils.DEFAULT_FILE_STORAGE_DIR),
    c.DT_SHARED_FILE: ("shared_file_storage_dir", pathutils.DEFAULT_SHARED_FILE_STORAGE_DIR),
    c.DT_GLUSTER: ("gluster_storage_dir", pathutils.DEFAULT_GLUSTER_STORAGE_DIR),
}


def storage_dir(params: InitParams, template: str) -> str:
    """Return the directory for the disks of a file based template; it is created later."""
    attribute, default = _STORAGE_DIRS[template]
    given: str | None = getattr(params, attribute)
    path = default if given is None else given
    if template not in params.enabled_disk_templates:
        return path
    if not path:
        raise _invalid(f"The disk template {template} is enabled, but its storage directory is empty")
    if not os.path.isabs(path):
        raise _invalid(f"The storage directory {path} is not absolute")
    try:
        check_path(path, pathutils.FILE_STORAGE_PATHS_FILE, exact_match_ok=True)
    except errors.FileStoragePathError as err:
        raise _invalid(f"{err}; allowed directories are listed in {pathutils.FILE_STORAGE_PATHS_FILE}") from err
    if os.path.exists(path) and not os.path.isdir(path):
        raise _invalid(f"The storage directory {path} is not a directory")
    return os.path.normpath(path)


# parameters


def _typed(what: str, own: Params, types: Any, defaults: Any) -> Params:
    try:
        return {**defaults, **paramtypes.enforce(own, types)}
    except errors.GenericError as err:
        raise _invalid(f"Wrong {what}: {err}") from err


def checked_ndparams(own: Params) -> Params:
    """Return the filled node parameters."""
    filled = _typed("node parameters", own, c.NDS_PARAMETER_TYPES, c.NDC_DEFAULTS)
    for problem in ndparams.problems(filled):
        raise _invalid(f"Wrong node parameters: {problem}")
    return filled


def checked_beparams(own: Params) -> Params:
    """Return the filled backend parameters; ``memory`` sets both limits."""
    given = dict(own)
    if c.BE_MEMORY in given:
        size = given.pop(c.BE_MEMORY)
        given = {c.BE_MAXMEM: size, c.BE_MINMEM: size, **given}
    filled = _typed("backend parameters", given, c.BES_PARAMETER_TYPES, c.BEC_DEFAULTS)
    if filled[c.BE_MINMEM] > filled[c.BE_MAXMEM]:
        raise _invalid("Backend parameter minmem is larger than maxmem")
    return filled


def checked_nicparams(own: Params) -> Params:
    """Return the filled NIC parameters."""
    filled = _typed("NIC parameters", own, c.NICS_PARAMETER_TYPES, c.NICC_DEFAULTS)
    if filled[c.NIC_MODE] not in c.NIC_VALID_MODES or filled[c.NIC_MODE] == c.NIC_IP_POOL:
        raise _invalid(f"Unknown NIC mode {filled[c.NIC_MODE]!r}")
    if filled[c.NIC_MODE] == c.NIC_MODE_BRIDGED and not filled[c.NIC_LINK]:
        raise _invalid("The default NIC mode bridged needs a link")
    return filled


def checked_hvparams(params: InitParams) -> dict[str, Params]:
    """Return the filled parameters of every hypervisor; those of the enabled ones are checked in full."""
    unknown = sorted(set(params.hvparams) - set(c.HYPER_TYPES))
    if unknown:
        raise _invalid(f"Unknown hypervisors: {', '.join(unknown)}")
    filled = {
        name: _typed(
            f"parameters of hypervisor {name}",
            params.hvparams.get(name, {}),
            c.HVS_PARAMETER_TYPES,
            hvparams.defaults(name),
        )
        for name in c.HYPER_TYPES
    }
    for name in params.enabled_hypervisors:
        try:
            hvparams.check_syntax(name, filled[name])
        except errors.GenericError as err:
            raise _invalid(f"Wrong parameters of hypervisor {name}: {err}") from err
    return filled


def checked_diskparams(params: InitParams) -> dict[str, Params]:
    """Return the filled disk parameters of every template."""
    unknown = sorted(set(params.diskparams) - set(c.DISK_TEMPLATES))
    if unknown:
        raise _invalid(f"Unknown disk templates: {', '.join(unknown)}")
    filled = {}
    for template in c.DISK_TEMPLATES:
        own, defaults = params.diskparams.get(template, {}), c.DISK_DT_DEFAULTS[template]
        foreign = sorted(set(own) - set(defaults))
        if foreign:
            raise _invalid(f"Disk template {template} has no parameter {', '.join(foreign)}")
        filled[template] = _typed(f"parameters of disk template {template}", own, c.DISK_DT_TYPES, defaults)
    for template in c.DTS_HAVE_ACCESS:
        if filled[template].get(c.LDP_ACCESS) not in c.DISK_VALID_ACCESS_MODES:
            raise _invalid(f"Invalid access mode of disk template {template}")
    if params.vg_name and c.DRBD_DEFAULT_METAVG not in params.diskparams.get(c.DT_DRBD8, {}):
        filled[c.DT_DRBD8][c.DRBD_DEFAULT_METAVG] = params.vg_name
    return filled


def _ratio(key: str, value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise _invalid(f"'{key}' of the instance policy must be a number, not '{value}'") from None


def checked_ipolicy(params: InitParams) -> Params:
    """Return the filled instance policy, restricted to the enabled disk templates."""
    unknown = sorted(set(params.ipolicy) - set(c.IPOLICY_ALL_KEYS))
    if unknown:
        raise _invalid(f"The instance policy has unknown keys: {', '.join(unknown)}")
    policy = {**c.IPOLICY_DEFAULTS, **params.ipolicy}
    # Lists as JSON gives them, so that the policy is the same before and after it was on disk.
    policy[c.ISPECS_MINMAX] = list(policy[c.ISPECS_MINMAX])
    for key in c.IPOLICY_PARAMETERS:
        policy[key] = _ratio(key, policy[key])
    foreign = sorted(set(policy[c.IPOLICY_DTS]) - set(c.DISK_TEMPLATES))
    if foreign:
        raise _invalid(f"Unknown disk templates in the instance policy: {', '.join(foreign)}")
    policy[c.IPOLICY_DTS] = [name for name in policy[c.IPOLICY_DTS] if name in params.enabled_disk_templates]
    problems = list(ipolicy_problems("Instance policy", policy, is_cluster=True))
    if problems:
        raise _invalid("; ".join(problems))
    return policy


def host_keys(params: InitParams) -> tuple[str, str | None]:
    """Return the base64 part of this host's public SSH keys: RSA, and DSA if there is one.

    Without a key there is an error only if the cluster is to manage SSH: then all nodes get this host's keys.
    """
    rsa = nodefacts.public_key_blob(pathutils.SSH_HOST_RSA_PUB)
    dsa = nodefacts.public_key_blob(pathutils.SSH_HOST_DSA_PUB)
    if rsa is None and dsa is None and params.modify_ssh_setup:
        raise _environment(f"This host has no SSH host key {pathutils.SSH_HOST_RSA_PUB}")
    return rsa or "", dsa


# programs


def checked_iallocator(name: str | None) -> str:
    """Return the default instance allocator: the given one, which must exist, else hail if it is installed."""
    if name:
        if nodefacts.find_iallocator(name) is None:
            raise _invalid(f"Instance allocator '{name}' is not in {', '.join(buildcfg.IALLOCATOR_SEARCH_PATH)}")
        return name
    if name is None and nodefacts.find_iallocator(c.IALLOC_HAIL) is not None:
        return c.IALLOC_HAIL
    return ""
