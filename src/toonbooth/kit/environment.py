"""Finds misspelt settings: environment variables with our prefix that no setting reads."""

import re
from collections.abc import Iterable, Mapping

# Kubernetes injects these into every pod for services that are called GALLERY or STUDIO.
_INJECTED = re.compile(r"(.*_)?SERVICE_(HOST|PORT(_.*)?)|PORT_\d+_(TCP|UDP)(_.*)?")


def find_unknown_variables(environment: Mapping[str, str], *, prefix: str, known: Iterable[str]) -> list[str]:
    """List the variables that start with `prefix` and that no setting in `known` (without prefix) reads."""
    names = {name.upper() for name in known}
    return sorted(
        variable
        for variable, value in environment.items()
        if variable.startswith(prefix)
        and variable.removeprefix(prefix) not in names
        and not _INJECTED.fullmatch(variable.removeprefix(prefix))
        and not (variable.endswith("PORT") and value.startswith("tcp://"))
    )
