"""Picks a service's settings out of the environment and finds the misspelt ones."""

import re
from collections.abc import Iterable, Mapping

from pydantic import ValidationError

from toonbooth.kit.errors import StartError

# Kubernetes injects these into every pod for services that are called GALLERY or STUDIO.
_INJECTED = re.compile(r"(.*_)?SERVICE_(HOST|PORT(_.*)?)|PORT_\d+_(TCP|UDP)(_.*)?")


def read_variables(environment: Mapping[str, str], *, prefix: str, known: Iterable[str]) -> dict[str, str]:
    """The values of the settings in `known` (lower case, without prefix) that the environment gives.

    Raises
    ------
    StartError
        When a variable that starts with `prefix` is none of them.
    """
    names = tuple(known)
    unknown = find_unknown_variables(environment, prefix=prefix, known=names)
    if unknown:
        raise StartError(f"No setting reads {', '.join(unknown)}. Is it misspelt?")
    given = ((name, environment.get(prefix + name.upper())) for name in names)
    return {name: value for name, value in given if value is not None and not _is_injected(name, value)}


def find_unknown_variables(environment: Mapping[str, str], *, prefix: str, known: Iterable[str]) -> list[str]:
    """List the variables that start with `prefix` and that no setting in `known` (without prefix) reads."""
    names = {name.upper() for name in known}
    return sorted(
        variable
        for variable, value in environment.items()
        if variable.startswith(prefix)
        and variable.removeprefix(prefix) not in names
        and not _is_injected(variable.removeprefix(prefix), value)
    )


def describe_problems(error: ValidationError, *, prefix: str) -> str:
    """One line that names each variable and what is wrong with it; values aren't repeated."""
    return "; ".join(
        " ".join(
            (_name_variable(problem["loc"], prefix), problem["msg"].removeprefix("Value error, "))
        ).strip()
        for problem in error.errors(include_input=False, include_url=False, include_context=False)
        if problem["type"] != "default_factory_not_called"  # follows from another problem
    )


def _name_variable(location: tuple[int | str, ...], prefix: str) -> str:
    return f"{prefix}{str(location[0]).upper()}:" if location else ""


def _is_injected(name: str, value: str) -> bool:
    return bool(_INJECTED.fullmatch(name)) or (name.upper().endswith("PORT") and value.startswith("tcp://"))
