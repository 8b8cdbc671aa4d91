"""Operations for tests of what runs outside of the master daemon: instance allocators, secret OS parameters."""

from typing import Any

from ganeti import constants as c
from ganeti.cmdlib.base import Feedback, LogicalUnit, lu_for
from ganeti.errors import OpPrereqError
from ganeti.objects.lookup import by_name_or_uuid, by_short_name
from ganeti.opcodes import OpTestAllocator, OpTestOsParams

_ALLOCATING = frozenset({c.IALLOCATOR_MODE_ALLOC, c.IALLOCATOR_MODE_MULTI_ALLOC})
_OF_INSTANCES = frozenset({c.IALLOCATOR_MODE_CHG_GROUP, c.IALLOCATOR_MODE_NODE_EVAC})


@lu_for(OpTestOsParams)
class LUTestOsParams(LogicalUnit[OpTestOsParams]):
    """Show the secret OS parameters of an operation to whoever submitted it."""

    REQ_BGL = False

    def expand_names(self) -> None:
        """Take no locks."""
        self.needed_locks = {}

    def exec(self, feedback: Feedback) -> None:
        """Send each parameter as a message: the one place that shows secrets, on purpose."""
        for name, value in sorted((self.op.osparams_secret or {}).items()):
            feedback(f"{name}: {value.get()}")


def check_disks(disks: list[Any] | None) -> None:
    """Refuse disks without a whole number as size or with a wrong mode.

    Raises OpPrereqError.
    """
    if disks is None:
        raise OpPrereqError("Disks are needed to allocate an instance", c.ECODE_INVAL)
    for disk in disks:
        size, mode = (disk.get(c.IDISK_SIZE), disk.get(c.IDISK_MODE)) if isinstance(disk, dict) else (None, None)
        if not isinstance(size, int) or isinstance(size, bool) or mode not in c.DISK_ACCESS_SET:
            raise OpPrereqError(f"Invalid disk {disk!r}: size must be a number, mode ro or rw", c.ECODE_INVAL)


@lu_for(OpTestAllocator)
class LUTestAllocator(LogicalUnit[OpTestAllocator]):
    """Check what an allocator would be asked; this release has no back end that asks one."""

    def check_arguments(self) -> None:
        """Check what the kind of request needs."""
        op = self.op
        if op.mode in _ALLOCATING:
            check_disks(op.disks)
        if op.mode in _OF_INSTANCES and not op.instances:
            raise OpPrereqError(f"Instances are needed for a request of kind {op.mode}", c.ECODE_INVAL)
        if op.direction == c.IALLOCATOR_DIR_OUT and op.iallocator is None:
            raise OpPrereqError("An allocator must be named to be run", c.ECODE_INVAL)

    def check_prereq(self) -> None:
        """Check the names, then say that there is nobody to ask."""
        instances = self.snapshot().instances
        op = self.op
        if op.mode in _ALLOCATING:
            if by_name_or_uuid(instances, op.name) is not None:
                raise OpPrereqError(f"Instance '{op.name}' already in the cluster", c.ECODE_EXISTS)
        elif op.mode != c.IALLOCATOR_MODE_NODE_EVAC:
            for name in [op.name] if op.mode not in _OF_INSTANCES else op.instances or []:
                if by_name_or_uuid(instances, name) is None and by_short_name(instances, name) is None:
                    raise OpPrereqError(f"Instance '{name}' not known", c.ECODE_NOENT)
        raise OpPrereqError("This release cannot run instance allocators; choose nodes by name", c.ECODE_ENVIRON)
