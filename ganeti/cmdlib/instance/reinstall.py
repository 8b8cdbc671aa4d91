"""OP_INSTANCE_REINSTALL."""

from typing import Any

import msgspec

from ganeti import constants as c
from ganeti.cmdlib.base import Feedback, lu_for
from ganeti.cmdlib.instance.base import InstanceLu
from ganeti.cmdlib.instance.checks import validate_os
from ganeti.cmdlib.instance.disk_activation import shutdown_disks, start_disks
from ganeti.cmdlib.instance.disk_content import write_image
from ganeti.cmdlib.instance.nodechecks import check_online
from ganeti.cmdlib.instance.os_install import check_trusted, install_os
from ganeti.cmdlib.instance.params import OS_IMAGE_PARAM, OsParams, fill_os_params, updated
from ganeti.cmdlib.instance.runtime import check_state
from ganeti.cmdlib.instance.state import DOWN, current
from ganeti.cmdlib.locks import nodes_of_instance
from ganeti.errors import OpPrereqError
from ganeti.objects.cluster_values import check_image
from ganeti.opcodes.instance import OpInstanceReinstall
from ganeti.types import Private


@lu_for(OpInstanceReinstall)
class LUInstanceReinstall(InstanceLu[OpInstanceReinstall]):
    """Install the operating system of a stopped instance again."""

    HPATH = "instance-reinstall"

    #: Set by ``check_prereq``.
    _os: str
    _osparams: dict[str, Any]
    _osparams_private: dict[str, Private[Any]]
    _filled: OsParams

    def check_prereq(self) -> None:
        """Check state, nodes and the parameters for the OS."""
        instance, config = self.load_instance(), self.snapshot()
        check_image((self.op.osparams or {}).get(OS_IMAGE_PARAM))
        check_online(config, instance.primary_node, "Instance primary node offline, cannot reinstall:")
        if not instance.disks:
            raise OpPrereqError(f"Instance '{instance.name}' has no disks", c.ECODE_INVAL)
        check_state(self, instance, DOWN, "cannot reinstall")
        self._os = self.op.os_type or instance.os
        self._osparams = updated(instance.osparams, self.op.osparams or {})
        self._osparams_private = updated(instance.osparams_private, self.op.osparams_private or {})
        secret = self.op.osparams_secret or {}
        self._filled = fill_os_params(config.cluster, self._os, self._osparams, self._osparams_private, secret)
        nodes = nodes_of_instance(config, instance)
        force = self.op.force_variant
        validate_os(self, nodes, self._os, self._filled.merged(), required=True, force_variant=force)
        if self._os:
            check_trusted(self, instance.primary_node, self._os)

    def exec(self, feedback: Feedback) -> None:
        """Record the OS and its parameters, then install."""
        image = self._osparams.get(OS_IMAGE_PARAM)
        instance = current(self, self.instance.uuid)
        changed = msgspec.structs.replace(
            instance, os=self._os, osparams=self._osparams, osparams_private=self._osparams_private
        )
        if changed != instance:
            if changed.os != instance.os:
                feedback(f"Changing OS to '{self._os}'...")
            self.cfg.update(changed, self.ec_id)
        if not self._os and not image:
            self.log_info("Neither an OS nor an image is given or configured, nothing to install")
            return
        start_disks(self, current(self, instance.uuid), force=None)
        try:
            self._install(feedback, image)
        finally:
            shutdown_disks(self, current(self, instance.uuid))

    def _install(self, feedback: Feedback, image: str | None) -> None:
        instance = current(self, self.instance.uuid)
        if image:
            write_image(self, instance, self.disks()[0], image)
        if self._os:
            feedback("Running the instance OS create scripts...")
            install_os(self, instance, self._filled.merged(), reinstall=True, debug_level=self.op.debug_level or 0)
