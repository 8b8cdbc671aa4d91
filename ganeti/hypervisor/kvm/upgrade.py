"""Stored command lines of older QEMU versions, rewritten for those that this program supports."""

from __future__ import annotations

from collections.abc import Callable, Sequence

_TLS_OBJECT = "vnctls0"


def upgrade_command(arguments: Sequence[str]) -> list[str]:
    """Replace options that current QEMU versions no longer have.

    Options for user and chroot are dropped, because every start adds them anew.
    """
    result: list[str] = []
    acpi_off = False
    index = 0
    while index < len(arguments):
        option = arguments[index]
        index += 1
        if option == "-no-acpi":
            acpi_off = True
        elif option == "-localtime":
            result += ["-rtc", "base=localtime"]
        elif option in ("-chroot", "-runas"):
            index += 1
        elif option in _WITH_VALUE and index < len(arguments):
            result += _WITH_VALUE[option](arguments[index])
            index += 1
        else:
            result.append(option)
    return _without_acpi(result) if acpi_off else result


def _without_acpi(arguments: list[str]) -> list[str]:
    if "-machine" not in arguments:
        return [*arguments, "-machine", "acpi=off"]
    position = arguments.index("-machine") + 1
    return [*arguments[:position], f"{arguments[position]},acpi=off", *arguments[position + 1 :]]


def _upgrade_balloon(value: str) -> list[str]:
    _, _, options = value.partition(",")
    return ["-device", f"virtio-balloon,{options}" if options else "virtio-balloon"]


def _upgrade_sound(value: str) -> list[str]:
    return ["-audio", f"driver=none,model={value},id=soundhw"]


def _upgrade_vnc(value: str) -> list[str]:
    display, *options = value.split(",")
    names = {option.partition("=")[0]: option.partition("=")[2] for option in options}
    if not names.keys() & {"tls", "x509", "x509verify"}:
        return ["-vnc", value]
    directory = names.get("x509") or names.get("x509verify")
    if directory:
        verify = "yes" if "x509verify" in names else "no"
        credentials = f"tls-creds-x509,id={_TLS_OBJECT},endpoint=server,dir={directory},verify-peer={verify}"
    else:
        credentials = f"tls-creds-anon,id={_TLS_OBJECT},endpoint=server"
    kept = [option for option in options if option.partition("=")[0] not in ("tls", "x509", "x509verify")]
    return ["-object", credentials, "-vnc", ",".join([display, f"tls-creds={_TLS_OBJECT}", *kept])]


_WITH_VALUE: dict[str, Callable[[str], list[str]]] = {
    "-balloon": _upgrade_balloon,
    "-soundhw": _upgrade_sound,
    "-vnc": _upgrade_vnc,
}
