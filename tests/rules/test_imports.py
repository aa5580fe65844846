"""Which package may import which: the layers of the architecture, read from the source."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import toonbooth

SOURCE = Path(toonbooth.__file__).parent

ALLOWED: dict[str, set[str]] = {
    "kit": set(),
    "imaging": set(),
    "contract": set(),
    "portrait": {"imaging"},
    "drawing": {"imaging", "portrait.model"},
    "facecut": {"imaging", "portrait.model"},
    "neural": {"imaging", "portrait"},
    "studio": {"contract", "kit", "imaging", "portrait", "drawing", "facecut", "neural"},
    "gallery": {"contract", "kit", "imaging.codec", "imaging.metadata"},
}
"""What a package may import of ours beside itself. The command's modules, which have no package, know both
services."""


def find_imports(file: Path) -> Iterator[str]:
    """The modules of ours that a file imports, also within functions, without `toonbooth.`."""
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: a relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from (name.removeprefix("toonbooth.") for name in names if name.startswith("toonbooth."))


def is_within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def find_forbidden(layer: str, name: str) -> bool:
    return not any(is_within(name, package) for package in {layer} | ALLOWED[layer])


def files_of(layer: str) -> list[Path]:
    return sorted((SOURCE / layer).rglob("*.py")) or [SOURCE / f"{layer}.py"]


@pytest.mark.parametrize("layer", ALLOWED)
def test_a_package_imports_only_what_it_may(layer: str) -> None:
    forbidden = [
        f"{file.relative_to(SOURCE)} imports {name}"
        for file in files_of(layer)
        for name in find_imports(file)
        if find_forbidden(layer, name)
    ]

    assert forbidden == []


def test_every_package_has_a_rule() -> None:
    packages = {path.name for path in SOURCE.iterdir() if (path / "__init__.py").exists()}

    assert packages <= ALLOWED.keys()


def test_a_forbidden_import_would_be_noticed(tmp_path: Path) -> None:
    file = tmp_path / "module.py"
    file.write_text("def f():\n    from toonbooth.studio import settings\nimport toonbooth.kit.errors, os\n")

    found = set(find_imports(file))

    assert found == {"studio.settings", "kit.errors"}
    assert [name for name in found if find_forbidden("gallery", name)] == ["studio.settings"]
