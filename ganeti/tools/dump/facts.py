"""Dump of facts: constants, hypervisor parameters, errors, ssconf keys, files, query fields."""

import enum
import importlib
import inspect
import pkgutil
from collections.abc import Mapping
from typing import Any

from ganeti import buildcfg, constants, errors, hvparams, pathutils
from ganeti import constants as c
from ganeti.query.engine import RESOURCES
from ganeti.query.fields import Field, FilterMode
from ganeti.tools.filetable import TABLE


def _plain(value: Any) -> Any:
    """Return a constant as JSON data: sets are sorted."""
    if isinstance(value, enum.Enum):
        return _plain(value.value)
    if isinstance(value, Mapping):
        return {str(_plain(key)): _plain(item) for key, item in value.items()}
    if isinstance(value, (set, frozenset)):
        return sorted((_plain(item) for item in value), key=str)
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise TypeError(f"Not a constant: {value!r}")


def constant_groups() -> dict[str, Any]:
    """Return all constants by topic."""
    groups: dict[str, dict[str, Any]] = {}
    for info in pkgutil.iter_modules(constants.__path__):
        module = importlib.import_module(f"{constants.__name__}.{info.name}")
        found = {
            name: _plain(value)
            for name, value in vars(module).items()
            if name.isupper() and not name.startswith("_") and getattr(constants, name, None) is value
        }
        if found:
            groups[info.name] = dict(sorted(found.items()))
    counts = {"topics": len(groups), "constants": sum(len(group) for group in groups.values())}
    return {"version": c.RELEASE_VERSION, "counts": counts, "groups": groups}


def _rule(check: Any) -> Any:
    """Return the check of a parameter: words, or the accepted values."""
    if check is None:
        return None
    return {"one_of": sorted(check.choices)} if check.choices else check.description


def _parameter(param: hvparams.HvParam) -> dict[str, Any]:
    return {
        "type": param.type,
        "default": param.default,
        "required": param.required,
        "check": _rule(param.check),
        "node_check": param.check.node.value if param.check and param.check.node else None,
        "cluster_only": param.cluster_only,
        "takes_effect": param.takes_effect,
        "title": param.title,
    }


def hypervisor_parameters() -> dict[str, Any]:
    """Return the parameters of all hypervisors."""
    found = {
        name: {
            "count": len(params),
            "can_migrate": name in hvparams.CAN_MIGRATE,
            "parameters": {param.name: _parameter(param) for param in params.values()},
        }
        for name, params in hvparams.TABLE.items()
    }
    total = sum(len(params) for params in hvparams.TABLE.values())
    return {"version": c.RELEASE_VERSION, "count": total, "hypervisors": found}


def error_classes() -> dict[str, Any]:
    """Return the classes of errors and the codes of prerequisite errors."""
    classes = [
        {"name": name, "parents": [base.__name__ for base in cls.__mro__[1:] if issubclass(base, errors.GenericError)]}
        for name, cls in sorted(vars(errors).items())
        if inspect.isclass(cls) and issubclass(cls, errors.GenericError)
    ]
    codes = [
        {"constant": name, "value": value}
        for name, value in sorted(vars(constants).items())
        if name.startswith("ECODE_") and isinstance(value, str)
    ]
    return {"version": c.RELEASE_VERSION, "counts": {"classes": len(classes)}, "classes": classes, "codes": codes}


def _relocatable(path: str) -> str:
    """Return *path* with the directories chosen at build time as words in braces."""
    local = path.removeprefix(pathutils.VIRTUAL_ROOT)
    for word, directory in (("localstatedir", buildcfg.LOCALSTATEDIR), ("sysconfdir", buildcfg.SYSCONFDIR)):
        if local.startswith(f"{directory}/"):
            return f"{{{word}}}{local.removeprefix(directory)}"
    return local


def ssconf_keys() -> dict[str, Any]:
    """Return the keys that every node has a file for."""
    keys = [
        {"key": key, "file": _relocatable(f"{pathutils.DATA_DIR}/{c.SSCONF_FILEPREFIX}{key}")}
        for key in sorted(c.VALID_SS_KEYS)
    ]
    return {
        "version": c.RELEASE_VERSION,
        "count": len(keys),
        "prefix": c.SSCONF_FILEPREFIX,
        "mode": f"{c.SS_FILE_PERMS:04o}",
        "keys": keys,
    }


def files() -> dict[str, Any]:
    """Return the directories and files that ensure-dirs takes care of."""
    entries = [
        {
            "path": _relocatable(entry.path),
            "kind": entry.kind.value,
            "mode": f"{entry.mode:04o}",
            "owner": entry.owner,
            "group": entry.group,
            "ensured_at_start": True,
        }
        for entry in TABLE
    ]
    return {"version": c.RELEASE_VERSION, "count": len(entries), "entries": entries}


def _field(field: Field[Any]) -> dict[str, Any]:
    result: dict[str, Any] = {"name": field.name, "title": field.title, "kind": field.kind}
    if field.needs:
        result["data_needed"] = sorted(field.needs)
    if field.mode is not FilterMode.PLAIN:
        result["filter_mode"] = field.mode.value
    return result


def query_fields() -> dict[str, Any]:
    """Return the fields of all resources that can be queried."""
    resources = {
        name: {
            "name_field": resource.name_field,
            "expanded_count": len(resource.fields),
            "fields": [_field(field) for _, field in sorted(resource.fields.items())],
        }
        for name, resource in sorted(RESOURCES.items())
    }
    return {"version": c.RELEASE_VERSION, "resources": resources}
