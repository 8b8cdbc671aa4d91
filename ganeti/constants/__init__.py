"""All constants, re-exported from one module per topic.

Use as ``from ganeti import constants as c``; names are those that people who know Ganeti look for.
"""

from ganeti.constants.cli import *
from ganeti.constants.cluster import *
from ganeti.constants.confd import *
from ganeti.constants.daemons import *
from ganeti.constants.disk import *
from ganeti.constants.ecodes import *
from ganeti.constants.hooks import *
from ganeti.constants.hvparams import *
from ganeti.constants.hvvalues import *
from ganeti.constants.hypervisor import *
from ganeti.constants.iallocator import *
from ganeti.constants.instance import *
from ganeti.constants.jobs import *
from ganeti.constants.locking import *
from ganeti.constants.luxi import *
from ganeti.constants.monitoring import *
from ganeti.constants.nic import *
from ganeti.constants.node import *
from ganeti.constants.os import *
from ganeti.constants.query import *
from ganeti.constants.rapi import *
from ganeti.constants.rpc import *
from ganeti.constants.ssconf import *
from ganeti.constants.ssh import *
from ganeti.constants.transfer import *
from ganeti.constants.values import *
from ganeti.constants.versions import *
from ganeti.constants.watcher import *
