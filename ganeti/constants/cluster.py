"""Cluster-wide parameters, verification codes, bootstrap and voting."""

from typing import Final

# bootstrap
DAEMON_READY_TIMEOUT: Final = 10.0

# cluster verify
CV_ALL_ECODES_STRINGS: Final[tuple[str, ...]] = (
    "ECLUSTERCERT",
    "ECLUSTERCFG",
    "ECLUSTERCLIENTCERT",
    "ECLUSTERDANGLINGINST",
    "ECLUSTERDANGLINGNODES",
    "ECLUSTERFILECHECK",
    "EEXTAGS",
    "EGROUPDIFFERENTPVSIZE",
    "EINSTANCEBADNODE",
    "EINSTANCEDOWN",
    "EINSTANCEFAULTYDISK",
    "EINSTANCELAYOUT",
    "EINSTANCEMISSINGCFGPARAMETER",
    "EINSTANCEMISSINGDISK",
    "EINSTANCEPOLICY",
    "EINSTANCESPLITGROUPS",
    "EINSTANCEUNSUITABLENODE",
    "EINSTANCEWRONGNODE",
    "ENODEDRBD",
    "ENODEDRBDHELPER",
    "ENODEDRBDVERSION",
    "ENODEFILECHECK",
    "ENODEFILESTORAGEPATHS",
    "ENODEFILESTORAGEPATHUNUSABLE",
    "ENODEGLUSTERSTORAGEPATHUNUSABLE",
    "ENODEHOOKS",
    "ENODEHV",
    "ENODELVM",
    "ENODEN1",
    "ENODENET",
    "ENODEOOBPATH",
    "ENODEORPHANINSTANCE",
    "ENODEORPHANLV",
    "ENODEOS",
    "ENODERPC",
    "ENODESETUP",
    "ENODESHAREDFILESTORAGEPATHUNUSABLE",
    "ENODESSH",
    "ENODETIME",
    "ENODEUSERSCRIPTS",
    "ENODEVERSION",
)
CV_TCLUSTER: Final = "cluster"
CV_TGROUP: Final = "group"
CV_TINSTANCE: Final = "instance"
CV_TNODE: Final = "node"
CV_WARNING: Final = "WARNING"
VERIFY_HVPARAM_ASSESSMENT: Final = "hvparam_assessment"
VERIFY_NPLUSONE_MEM: Final = "nplusone_mem"
VERIFY_OPTIONAL_CHECKS: Final[tuple[str, ...]] = ("hvparam_assessment", "nplusone_mem")

# cluster verify codes
CV_ECLUSTERCERT: Final[dict[str, str]] = {"object": "cluster", "code": "ECLUSTERCERT"}
CV_ECLUSTERCFG: Final[dict[str, str]] = {"object": "cluster", "code": "ECLUSTERCFG"}
CV_ECLUSTERCLIENTCERT: Final[dict[str, str]] = {"object": "cluster", "code": "ECLUSTERCLIENTCERT"}
CV_ECLUSTERDANGLINGINST: Final[dict[str, str]] = {"object": "node", "code": "ECLUSTERDANGLINGINST"}
CV_ECLUSTERDANGLINGNODES: Final[dict[str, str]] = {"object": "node", "code": "ECLUSTERDANGLINGNODES"}
CV_ECLUSTERFILECHECK: Final[dict[str, str]] = {"object": "cluster", "code": "ECLUSTERFILECHECK"}
CV_EEXTAGS: Final[dict[str, str]] = {"object": "node", "code": "EEXTAGS"}
CV_EGROUPDIFFERENTPVSIZE: Final[dict[str, str]] = {"object": "group", "code": "EGROUPDIFFERENTPVSIZE"}
CV_EINSTANCEBADNODE: Final[dict[str, str]] = {"object": "instance", "code": "EINSTANCEBADNODE"}
CV_EINSTANCEDOWN: Final[dict[str, str]] = {"object": "instance", "code": "EINSTANCEDOWN"}
CV_EINSTANCEFAULTYDISK: Final[dict[str, str]] = {"object": "instance", "code": "EINSTANCEFAULTYDISK"}
CV_EINSTANCELAYOUT: Final[dict[str, str]] = {"object": "instance", "code": "EINSTANCELAYOUT"}
CV_EINSTANCEMISSINGCFGPARAMETER: Final[dict[str, str]] = {"object": "instance", "code": "EINSTANCEMISSINGCFGPARAMETER"}
CV_EINSTANCEMISSINGDISK: Final[dict[str, str]] = {"object": "instance", "code": "EINSTANCEMISSINGDISK"}
CV_EINSTANCEPOLICY: Final[dict[str, str]] = {"object": "instance", "code": "EINSTANCEPOLICY"}
CV_EINSTANCESPLITGROUPS: Final[dict[str, str]] = {"object": "instance", "code": "EINSTANCESPLITGROUPS"}
CV_EINSTANCEUNSUITABLENODE: Final[dict[str, str]] = {"object": "instance", "code": "EINSTANCEUNSUITABLENODE"}
CV_EINSTANCEWRONGNODE: Final[dict[str, str]] = {"object": "instance", "code": "EINSTANCEWRONGNODE"}
CV_ENODEDRBD: Final[dict[str, str]] = {"object": "node", "code": "ENODEDRBD"}
CV_ENODEDRBDHELPER: Final[dict[str, str]] = {"object": "node", "code": "ENODEDRBDHELPER"}
CV_ENODEDRBDVERSION: Final[dict[str, str]] = {"object": "node", "code": "ENODEDRBDVERSION"}
CV_ENODEFILECHECK: Final[dict[str, str]] = {"object": "node", "code": "ENODEFILECHECK"}
CV_ENODEFILESTORAGEPATHS: Final[dict[str, str]] = {"object": "node", "code": "ENODEFILESTORAGEPATHS"}
CV_ENODEFILESTORAGEPATHUNUSABLE: Final[dict[str, str]] = {"object": "node", "code": "ENODEFILESTORAGEPATHUNUSABLE"}
CV_ENODEGLUSTERSTORAGEPATHUNUSABLE: Final[dict[str, str]] = {
    "object": "node",
    "code": "ENODEGLUSTERSTORAGEPATHUNUSABLE",
}
CV_ENODEHOOKS: Final[dict[str, str]] = {"object": "node", "code": "ENODEHOOKS"}
CV_ENODEHV: Final[dict[str, str]] = {"object": "node", "code": "ENODEHV"}
CV_ENODELVM: Final[dict[str, str]] = {"object": "node", "code": "ENODELVM"}
CV_ENODEN1: Final[dict[str, str]] = {"object": "node", "code": "ENODEN1"}
CV_ENODENET: Final[dict[str, str]] = {"object": "node", "code": "ENODENET"}
CV_ENODEOOBPATH: Final[dict[str, str]] = {"object": "node", "code": "ENODEOOBPATH"}
CV_ENODEORPHANINSTANCE: Final[dict[str, str]] = {"object": "node", "code": "ENODEORPHANINSTANCE"}
CV_ENODEORPHANLV: Final[dict[str, str]] = {"object": "node", "code": "ENODEORPHANLV"}
CV_ENODEOS: Final[dict[str, str]] = {"object": "node", "code": "ENODEOS"}
CV_ENODERPC: Final[dict[str, str]] = {"object": "node", "code": "ENODERPC"}
CV_ENODESETUP: Final[dict[str, str]] = {"object": "node", "code": "ENODESETUP"}
CV_ENODESHAREDFILESTORAGEPATHUNUSABLE: Final[dict[str, str]] = {
    "object": "node",
    "code": "ENODESHAREDFILESTORAGEPATHUNUSABLE",
}
CV_ENODESSH: Final[dict[str, str]] = {"object": "node", "code": "ENODESSH"}
CV_ENODETIME: Final[dict[str, str]] = {"object": "node", "code": "ENODETIME"}
CV_ENODEUSERSCRIPTS: Final[dict[str, str]] = {"object": "node", "code": "ENODEUSERSCRIPTS"}
CV_ENODEVERSION: Final[dict[str, str]] = {"object": "node", "code": "ENODEVERSION"}
CV_ERROR: Final = "ERROR"

# error codes
ERRORS_ECODE_ALL: Final[tuple[str, ...]] = (
    "already_exists",
    "environment_error",
    "insufficient_resources",
    "internal_error",
    "resolver_error",
    "resource_not_unique",
    "temp_insufficient_resources",
    "unknown_entity",
    "wrong_input",
    "wrong_state",
)
ERRORS_ECODE_ENVIRON: Final = "environment_error"
ERRORS_ECODE_EXISTS: Final = "already_exists"
ERRORS_ECODE_FAULT: Final = "internal_error"
ERRORS_ECODE_INVAL: Final = "wrong_input"
ERRORS_ECODE_NOENT: Final = "unknown_entity"
ERRORS_ECODE_NORES: Final = "insufficient_resources"
ERRORS_ECODE_NOTUNIQUE: Final = "resource_not_unique"
ERRORS_ECODE_RESOLVER: Final = "resolver_error"
ERRORS_ECODE_STATE: Final = "wrong_state"
ERRORS_ECODE_TEMP_NORES: Final = "temp_insufficient_resources"

# master voting
MASTER_VOTING_RETRIES: Final = 6
MASTER_VOTING_RETRY_INTERVALL: Final = 10

# master daemon classic
CLIENT_REQUEST_WORKERS: Final = 16
DAEMONS_ALL_NODES: Final[tuple[str, ...]] = ("ganeti-noded", "ganeti-confd", "ganeti-mond")
DAEMONS_MASTER: Final[tuple[str, ...]] = ("ganeti-masterd", "ganeti-rapi")
JOBQUEUE_THREADS: Final = 25
START_ORDER: Final[tuple[str, ...]] = ("ganeti-noded", "ganeti-confd", "ganeti-masterd", "ganeti-rapi", "ganeti-mond")

# features
ENABLE_METAD: Final = True
ENABLE_MOND: Final = True
ENABLE_RESTRICTED_COMMANDS: Final = False

# uid pool
UIDPOOL_UID_MAX: Final = 4294967295
UIDPOOL_UID_MIN: Final = 0

# virtual cluster
V_CLUSTER_ETC_HOSTS: Final = "/etc/hosts"
V_CLUSTER_HOSTNAME_ENVNAME: Final = "GANETI_HOSTNAME"
V_CLUSTER_ROOTDIR_ENVNAME: Final = "GANETI_ROOTDIR"
V_CLUSTER_VIRT_PATH_PREFIX: Final = "/###-VIRTUAL-PATH-###,"
V_CLUSTER_VPATH_WHITELIST: Final[tuple[str, ...]] = ("/etc/hosts",)
