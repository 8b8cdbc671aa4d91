"""gnt-instance startup, shutdown and reboot."""

from ganeti import opcodes
from ganeti.cli.invocation import Invocation
from ganeti.client.instance import parameters, selection


def startup(call: Invocation) -> int:
    """Start instances."""
    options = call.options
    hvparams = parameters.hypervisor_parameters(options.hvparams)
    beparams = parameters.backend_parameters(options.beparams)

    def build(name: str) -> opcodes.OpCode:
        return opcodes.OpInstanceStartup(
            instance_name=name,
            force=options.force,
            ignore_offline_nodes=options.ignore_offline,
            no_remember=options.no_remember,
            startup_paused=options.startup_paused,
            hvparams=hvparams,
            beparams=beparams,
        )

    return selection.run_on_selection(call, "startup", build)


def shutdown(call: Invocation) -> int:
    """Stop instances."""
    options = call.options

    def build(name: str) -> opcodes.OpCode:
        return opcodes.OpInstanceShutdown(
            instance_name=name,
            force=options.force,
            timeout=options.timeout,
            ignore_offline_nodes=options.ignore_offline,
            no_remember=options.no_remember,
        )

    return selection.run_on_selection(call, "shutdown", build)


def reboot(call: Invocation) -> int:
    """Reboot instances."""
    options = call.options

    def build(name: str) -> opcodes.OpCode:
        return opcodes.OpInstanceReboot(
            instance_name=name,
            reboot_type=options.reboot_type,
            ignore_secondaries=options.ignore_secondaries,
            shutdown_timeout=options.shutdown_timeout,
        )

    return selection.run_on_selection(call, "reboot", build)
