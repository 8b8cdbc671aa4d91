"""VNC and SPICE servers of a guest.

Decided at every start on the node that runs QEMU: addresses may be given as names of interfaces, and these have other
addresses on the target of a migration. Passwords are never part of the command line; until they are set over QMP, the
servers refuse every login.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Sequence

from ganeti import constants as c
from ganeti import errors, pathutils
from ganeti.hvparams import ParamView
from ganeti.hypervisor.kvm.jsonarg import json_argument

_TLS_OBJECT = "vnctls0"
_ANY_IPV4 = "0.0.0.0"
_DISPLAY_OPTIONS = frozenset({"-vnc", "-spice", "-display"})
_VDAGENT = (
    "-device",
    "virtio-serial-pci,id=spice",
    "-device",
    "virtserialport,chardev=spicechannel0,name=com.redhat.spice.0",
    "-chardev",
    "spicevmc,id=spicechannel0,name=vdagent",
)

#: Gives the addresses of an interface of this node; an empty sequence when there is no such interface.
AddressesOf = Callable[[str], Sequence[str]]


def display_arguments(
    params: ParamView, name: str, network_port: int | None, stored: Sequence[str], addresses_of: AddressesOf
) -> list[str]:
    """Command line arguments for the display of a guest.

    Args:
      params: hypervisor parameters.
      name: instance name.
      network_port: TCP port for the display.
      stored: the stored part of the command line; older versions kept the display there.
      addresses_of: looks up an interface of this node.

    Raises:
      HypervisorError: an interface has no address of the wanted kind.
    """
    if _DISPLAY_OPTIONS.intersection(stored):
        return []
    if params.text(c.HV_VNC_BIND_ADDRESS):
        return _vnc(params, name, network_port, addresses_of)
    if params.text(c.HV_KVM_SPICE_BIND):
        return _spice(params, network_port, addresses_of)
    return ["-display", "none"]


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _versions(addresses: Sequence[str], version: int) -> list[str]:
    return [address for address in addresses if ipaddress.ip_address(address).version == version]


def _vnc(params: ParamView, name: str, network_port: int | None, addresses_of: AddressesOf) -> list[str]:
    bind = params.text(c.HV_VNC_BIND_ADDRESS)
    if bind.startswith("/"):
        return ["-vnc", f"unix:{bind}/{name}.vnc"]
    if not _is_address(bind):
        candidates = _versions(addresses_of(bind), 4)
        if not candidates:
            raise errors.HypervisorError(f"Interface '{bind}' (vnc_bind_address) has no IPv4 address on this node")
        bind = candidates[0]
    credentials = _vnc_credentials(params)
    options = [_vnc_display(bind, network_port)]
    if credentials:
        options.append(f"tls-creds={_TLS_OBJECT}")
    if params.text(c.HV_VNC_PASSWORD_FILE):
        options.append("password=on")
    return [*credentials, "-vnc", ",".join(options)]


def _vnc_display(address: str, network_port: int | None) -> str:
    if network_port is None or network_port <= c.VNC_BASE_PORT:
        return "none"
    display = network_port - c.VNC_BASE_PORT
    if address == _ANY_IPV4:
        return f":{display}"
    return f"[{address}]:{display}" if ":" in address else f"{address}:{display}"


def _vnc_credentials(params: ParamView) -> list[str]:
    if not params.flag(c.HV_VNC_TLS):
        return []
    directory = params.text(c.HV_VNC_X509)
    if directory:
        credentials = {
            "qom-type": "tls-creds-x509",
            "id": _TLS_OBJECT,
            "endpoint": "server",
            "dir": directory,
            "verify-peer": params.flag(c.HV_VNC_X509_VERIFY),
        }
    else:
        credentials = {"qom-type": "tls-creds-anon", "id": _TLS_OBJECT, "endpoint": "server"}
    return ["-object", json_argument(credentials)]


def _spice(params: ParamView, network_port: int | None, addresses_of: AddressesOf) -> list[str]:
    address, family_option = _spice_address(params, addresses_of)
    options = [f"addr={address}"]
    if params.flag(c.HV_KVM_SPICE_USE_TLS):
        certificate = pathutils.SPICE_CERT_FILE
        options += [
            f"tls-port={network_port}",
            f"x509-cacert-file={pathutils.SPICE_CACERT_FILE}",
            f"x509-key-file={certificate}",
            f"x509-cert-file={certificate}",
        ]
        if params.text(c.HV_KVM_SPICE_TLS_CIPHERS):
            options.append(f"tls-ciphers={params.text(c.HV_KVM_SPICE_TLS_CIPHERS)}")
    else:
        options.append(f"port={network_port}")
    if not params.text(c.HV_KVM_SPICE_PASSWORD_FILE):
        options.append("disable-ticketing=on")
    options += [*family_option, *_spice_tuning(params)]
    if not params.flag(c.HV_KVM_SPICE_USE_VDAGENT):
        return ["-spice", ",".join([*options, "agent-mouse=off"])]
    return ["-spice", ",".join(options), *_VDAGENT]


def _spice_tuning(params: ParamView) -> list[str]:
    options = [
        f"{option}={params.text(parameter)}"
        for option, parameter in (
            ("image-compression", c.HV_KVM_SPICE_LOSSLESS_IMG_COMPR),
            ("jpeg-wan-compression", c.HV_KVM_SPICE_JPEG_IMG_COMPR),
            ("zlib-glz-wan-compression", c.HV_KVM_SPICE_ZLIB_GLZ_IMG_COMPR),
            ("streaming-video", c.HV_KVM_SPICE_STREAMING_VIDEO_DETECTION),
        )
        if params.text(parameter)
    ]
    if not params.flag(c.HV_KVM_SPICE_AUDIO_COMPR):
        options.append("playback-compression=off")
    return options


def _spice_address(params: ParamView, addresses_of: AddressesOf) -> tuple[str, list[str]]:
    bind = params.text(c.HV_KVM_SPICE_BIND)
    if _is_address(bind):
        return bind, []
    addresses = addresses_of(bind)
    wanted = params.number(c.HV_KVM_SPICE_IP_VERSION)
    for version in (wanted,) if wanted else c.VALID_IP_VERSIONS:
        candidates = _versions(addresses, version)
        if candidates:
            return candidates[0], [f"ipv{version}=on"]
    raise errors.HypervisorError(f"Interface '{bind}' (spice_bind) has no usable address on this node")


def read_password(path: str) -> str:
    """Read the only line of a password file.

    Raises:
      HypervisorError: the file cannot be read or has another number of lines.
    """
    try:
        with open(path, encoding="utf-8") as file:
            lines = file.read().splitlines()
    except OSError as err:
        raise errors.HypervisorError(f"Cannot read password file {path}: {err.strerror}") from err
    if len(lines) != 1 or not lines[0]:
        raise errors.HypervisorError(f"Password file {path} must have exactly one line")
    return lines[0]
