"""OP_INSTANCE_RENAME."""

from collections.abc import Mapping

import msgspec

from ganeti import constants as c
from ganeti.cmdlib.base import Feedback, lu_for
from ganeti.cmdlib.instance.base import InstanceLu, replace_op
from ganeti.cmdlib.instance.disk_activation import shutdown_disks, start_disks
from ganeti.cmdlib.instance.disk_creation import info_text
from ganeti.cmdlib.instance.disks import check_template_enabled, disks_of, file_directory, node_tree, renamed_path
from ganeti.cmdlib.instance.naming import check_ip_unused, check_name_free, check_resolvable, normalise_name
from ganeti.cmdlib.instance.nodechecks import check_online, node_name
from ganeti.cmdlib.instance.runtime import check_state
from ganeti.cmdlib.instance.state import NOT_RUNNING, current
from ganeti.config.draft import Draft
from ganeti.errors import OpPrereqError
from ganeti.objects import Instance
from ganeti.objects.to_wire import wire_disk, wire_instance
from ganeti.opcodes.instance import OpInstanceRename
from ganeti.rpc import procedures


@lu_for(OpInstanceRename)
class LUInstanceRename(InstanceLu[OpInstanceRename]):
    """Rename a stopped instance; to its own name, only tell the operating system again.

    The configuration is changed first. A master that dies before the directory of disk files was renamed too leaves
    an instance whose disks are missing; renaming it back repairs that, since what is in place counts as renamed.
    """

    HPATH = "instance-rename"
    ALLOW_FORTHCOMING = True

    def check_arguments(self) -> None:
        """Check the new name."""
        if self.op.ip_check and not self.op.name_check:
            raise OpPrereqError("IP address check requires a name check", c.ECODE_INVAL)
        resolved_ip = None
        new_name = normalise_name(self.op.new_name)
        if self.op.name_check:
            new_name, resolved_ip = check_resolvable(self.log, new_name)
        self._ip_to_check = resolved_ip if self.op.ip_check else None
        self.op = replace_op(self.op, new_name=new_name)

    def expand_names(self) -> None:
        """Lock the old and the new name."""
        super().expand_names()
        if self.op.new_name != self.op.instance_name:
            # Before the lock of the new name, which an instance of this name has already.
            check_name_free(self.cfg.index(), self.op.new_name)
            self.add_locks[c.LEVEL_INSTANCE] = [self.op.new_name]

    def extra_hooks_env(self) -> Mapping[str, object]:
        return {"INSTANCE_NEW_NAME": self.op.new_name}

    def check_prereq(self) -> None:
        """Check the state, and that the new name is free."""
        instance, config = self.load_instance(), self.snapshot()
        for disk in disks_of(config, instance):
            if disk.dev_type in c.DTS_FILEBASED:
                check_template_enabled(config.cluster, disk.dev_type)
        if not instance.forthcoming:
            check_online(config, instance.primary_node)
            check_state(self, instance, NOT_RUNNING, "cannot rename")
        if self.op.new_name == instance.name:
            return
        check_name_free(self.cfg.index(), self.op.new_name)
        if self._ip_to_check is not None:
            check_ip_unused(self._ip_to_check)

    def exec(self, feedback: Feedback) -> str:
        """Rename it; returns the new name."""
        del feedback
        old = self.instance
        directories = {disk.uuid: file_directory(disk) for disk in self.disks()}
        renamed = self._record()
        if not renamed.forthcoming:
            self._move_directories(old, renamed, directories)
            self._tell_os(old.name, renamed)
        return renamed.name

    def _record(self) -> Instance:
        """Change the name, and the paths of disk files, in the configuration."""
        uuid, old_name, new_name = self.instance.uuid, self.instance.name, self.op.new_name
        disks = self.disks()

        def change(draft: Draft) -> Instance:
            for disk in disks:
                if disk.dev_type in c.DTS_INSTANCE_DEPENDENT_PATH:
                    moved = renamed_path(disk, old_name, new_name)
                    if moved != disk:
                        draft.update(moved)
            return draft.update(msgspec.structs.replace(draft.get(Instance, uuid), name=new_name))

        if new_name == old_name:
            return current(self, uuid)
        renamed = self.cfg.transact(change, self.ec_id)
        self.cfg.wait_durable()
        return renamed

    def _move_directories(self, old: Instance, renamed: Instance, before: Mapping[str, str | None]) -> None:
        """Rename the directories of disk files on the primary node, *before* being those of each disk."""
        config = self.snapshot()
        name = node_name(config, renamed.primary_node)
        moves = {before[disk.uuid]: file_directory(disk) for disk in disks_of(config, renamed)}
        for source, target in moves.items():
            if source is None or target is None or source == target:
                continue
            result = self.rpc.call_one(renamed.primary_node, procedures.file_storage_dir_rename, source, target)
            result.raise_(
                f"Could not rename on node {name} directory '{source}' to '{target}' (but the instance has been"
                f" renamed from {old.name} to {renamed.name} in Ganeti)"
            )

    def _tell_os(self, old_name: str, renamed: Instance) -> None:
        """Label the disks and run the OS's rename script; failures are warnings."""
        start_disks(self, renamed, force=None)
        try:
            self._label_disks(renamed)
            if not renamed.os or not renamed.disks:
                return
            config = self.snapshot()
            primary = renamed.primary_node
            wired = wire_instance(config, current(self, renamed.uuid), primary)
            debug = self.op.debug_level or 0
            result = self.rpc.call_one(primary, procedures.instance_run_rename, wired, old_name, debug)
            if result.fail_msg:
                self.log_warning(
                    f"Could not run OS rename script for instance {renamed.name} on node {node_name(config, primary)}"
                    f" (but the instance has been renamed in Ganeti): {result.fail_msg}"
                )
        finally:
            shutdown_disks(self, current(self, renamed.uuid))

    def _label_disks(self, renamed: Instance) -> None:
        config = self.snapshot()
        for disk in disks_of(config, renamed):
            for node in node_tree(disk, renamed.primary_node):
                wired = wire_disk(config, disk, renamed.primary_node, node)
                result = self.rpc.call_one(node, procedures.blockdev_setinfo, wired, info_text(renamed.name))
                if result.fail_msg:
                    self.log_warning(
                        f"Error setting info on node {node_name(config, node)} for {disk.iv_name}: {result.fail_msg}"
                    )
