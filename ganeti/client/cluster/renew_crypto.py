"""gnt-cluster renew-crypto: new certificates, secrets and SSH keys."""

import sys
from argparse import Namespace
from typing import Any, Final

from ganeti import constants as c
from ganeti import opcodes
from ganeti.bootstrap import renew_crypto as bootstrap
from ganeti.cli import confirm, failures, log, submit
from ganeti.cli.invocation import Invocation

_QUESTION: Final = (
    "All daemons of all nodes will be stopped for this, which ends jobs that are running. Instances go on. Continue?"
)
_QUESTION_SSH: Final = "The SSH keys of root on all nodes will be replaced. Continue?"


def _inform(text: str) -> None:
    print(text, flush=True)


def _warn(text: str) -> None:
    sys.stderr.write(f"Warning: {text}\n")


def _fail(text: str) -> failures.ExitError:
    return failures.ExitError(c.EXIT_FAILURE, text)


def check(options: Namespace) -> None:
    """Check that the options fit together. Raises ExitError."""
    for flag, is_new, given in (
        ("rapi-certificate", options.new_rapi_cert, options.rapi_cert),
        ("spice-certificate", options.new_spice_cert, options.spice_cert or options.spice_cacert),
        ("cluster-domain-secret", options.new_cluster_domain_secret, options.cluster_domain_secret),
    ):
        if is_new and given:
            raise _fail(f"Only one of --new-{flag} and --{flag} can be given.")
    if bool(options.spice_cert) != bool(options.spice_cacert):
        raise _fail("--spice-certificate and --spice-ca-certificate must be given together.")


def renewal_of(options: Namespace) -> bootstrap.Renewal:
    """Return what the options ask for. Raises ExitError, or OpPrereqError if a file cannot be read."""
    check(options)
    return bootstrap.Renewal(
        cluster_certificate=options.new_cluster_cert,
        node_certificates=options.new_node_cert,
        rapi=bool(options.new_rapi_cert),
        spice=bool(options.new_spice_cert),
        hmac_key=options.new_confd_hmac_key,
        domain_secret=options.new_cluster_domain_secret,
        rapi_pem=bootstrap.read_given(options.rapi_cert),
        spice_pem=bootstrap.read_given(options.spice_cert),
        spice_ca_pem=bootstrap.read_given(options.spice_cacert),
        domain_secret_text=bootstrap.read_given(options.cluster_domain_secret),
    )


def run(call: Invocation) -> int:
    """Renew what is asked for."""
    options = call.options
    renewal = renewal_of(options)
    if not renewal.needs_stop and not options.new_ssh_keys:
        raise _fail("Nothing to renew: give at least one of the options.")
    bootstrap.check_files(renewal)
    # Asked before anything stops: it also tells whether this is the master at all.
    manages_ssh, key_type = call.client.query_config_values(["modify_ssh_setup", "ssh_key_type"])
    call.client.close()
    if not options.force and not confirm.confirm(_QUESTION if renewal.needs_stop else _QUESTION_SSH):
        return c.EXIT_FAILURE
    log.setup(call)
    bootstrap.renew(renewal, inform=_inform, warn=_warn, checks_host_key=options.ssh_key_check)
    renews_ssh = options.new_ssh_keys and bool(manages_ssh)
    if options.new_ssh_keys and not manages_ssh:
        _inform("SSH keys are not managed by this cluster and stay as they are.")
    if renews_ssh:
        uuids = {str(name): str(uuid) for name, uuid in call.client.query_nodes([], ["name", "uuid"])}
        bootstrap.collect_public_keys(uuids, str(key_type), checks_host_key=options.ssh_key_check, warn=_warn)
    if renewal.renews_nodes or renews_ssh:
        submit.run_op(call, _opcode(options, renews_nodes=renewal.renews_nodes, renews_ssh=renews_ssh))
    return c.EXIT_SUCCESS


def _opcode(options: Namespace, *, renews_nodes: bool, renews_ssh: bool) -> opcodes.OpClusterRenewCrypto:
    changes: dict[str, Any] = {"node_certificates": renews_nodes, "renew_ssh_keys": renews_ssh}
    if renews_ssh:
        changes.update(ssh_key_type=options.ssh_key_type, ssh_key_bits=options.ssh_key_bits)
    return opcodes.OpClusterRenewCrypto(verbose=options.verbose, debug=bool(options.debug), **changes)
