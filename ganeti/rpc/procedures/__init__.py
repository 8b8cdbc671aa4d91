"""Every procedure that nodes answer, declared once by topic and found here by its name."""

# ruff: noqa: F403  (one namespace made of the topics)

from ganeti.rpc.procedures.cluster import *
from ganeti.rpc.procedures.exports import *
from ganeti.rpc.procedures.files import *
from ganeti.rpc.procedures.hosts import *
from ganeti.rpc.procedures.instance import *
from ganeti.rpc.procedures.jobqueue import *
from ganeti.rpc.procedures.node import *
from ganeti.rpc.procedures.ssh import *
from ganeti.rpc.procedures.storage import *
