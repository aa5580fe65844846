"""Reads what deploy/ gives to containers: the environment that each service would find."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

DEPLOY = Path(__file__).parents[2] / "deploy"
SERVICES = ("gallery", "studio")

Json = dict[str, Any]
"""A YAML or JSON object whose fields the tests check."""


def read_image_environment(target: str) -> dict[str, str]:
    """The ENV lines of one target of the Dockerfile."""
    text = (DEPLOY / "Dockerfile").read_text().replace("\\\n", " ")
    _before, _from, section = text.partition(f" AS {target}\n")
    lines = re.findall(r"^ENV (.*)$", section.partition("\nFROM ")[0], re.MULTILINE)
    return dict(pair.split("=", 1) for line in lines for pair in line.split())


def fill_in(text: str, variables: Mapping[str, str]) -> str:
    """What compose makes of `${NAME:?message}`."""
    return re.sub(r"\$\{(\w+)(:\?[^}]*)?\}", lambda found: variables[found[1]], text)


def list_pod_environment(container: Json, secret: Json) -> dict[str, str]:
    """The variables of a container, with what comes from the chart's secret."""
    data: dict[str, str] = secret["stringData"]
    variables = dict(data) if container.get("envFrom") else {}
    for each in container["env"]:
        source = each.get("valueFrom")
        variables[each["name"]] = each["value"] if source is None else data[source["secretKeyRef"]["key"]]
    return variables
