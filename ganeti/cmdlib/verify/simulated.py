"""What ``debug_simulate_errors`` reports: every kind of finding once per object, to test what reads the output."""

from collections.abc import Iterator, Mapping
from typing import Final

from ganeti import constants as c
from ganeti.cmdlib.verify.findings import Finding

_TEXT: Final = "simulated error"

#: Codes of the job that verifies the configuration.
CONFIG_CODES: Final = (
    c.CV_ECLUSTERCFG,
    c.CV_ECLUSTERCERT,
    c.CV_ECLUSTERDANGLINGNODES,
    c.CV_ECLUSTERDANGLINGINST,
)
#: Codes of the jobs that verify groups, by what they are about.
CLUSTER_CODES: Final = (c.CV_ECLUSTERCLIENTCERT, c.CV_ECLUSTERFILECHECK)
NODE_CODES: Final = (
    c.CV_ENODEFILECHECK,
    c.CV_ENODERPC,
    c.CV_ENODEVERSION,
    c.CV_ENODEHV,
    c.CV_ENODESETUP,
    c.CV_ENODETIME,
    c.CV_ENODENET,
    c.CV_ENODESSH,
    c.CV_ENODEUSERSCRIPTS,
    c.CV_ENODEOOBPATH,
    c.CV_ENODEFILESTORAGEPATHS,
    c.CV_ENODEFILESTORAGEPATHUNUSABLE,
    c.CV_ENODESHAREDFILESTORAGEPATHUNUSABLE,
    c.CV_ENODEGLUSTERSTORAGEPATHUNUSABLE,
    c.CV_ENODEOS,
    c.CV_ENODEORPHANINSTANCE,
    c.CV_ENODEORPHANLV,
    c.CV_EEXTAGS,
    c.CV_ENODEN1,
)
HOOK_CODES: Final = (c.CV_ENODEHOOKS,)
INSTANCE_CODES: Final = (
    c.CV_EINSTANCEWRONGNODE,
    c.CV_EINSTANCEPOLICY,
    c.CV_EINSTANCEMISSINGDISK,
    c.CV_EINSTANCEDOWN,
    c.CV_EINSTANCEBADNODE,
    c.CV_EINSTANCEFAULTYDISK,
    c.CV_EINSTANCELAYOUT,
    c.CV_EINSTANCESPLITGROUPS,
    c.CV_EINSTANCEUNSUITABLENODE,
    c.CV_EINSTANCEMISSINGCFGPARAMETER,
)


def findings(codes: tuple[Mapping[str, str], ...], item: str | None) -> Iterator[Finding]:
    """Return one finding per code about *item*."""
    for code in codes:
        yield Finding(code, item, _TEXT)
