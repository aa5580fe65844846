"""`make fuzz`: Atheris searches for bytes that break what reads them, guided by coverage.

Each target runs in a process of its own, for it may crash. Exit status 1 when one did; the bytes are kept.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import click

_NAMES = ("picture", "packet", "insides", "multipart", "path")
_MAX_BYTES = 8192


@click.command()
@click.option("--runs", default=100_000, show_default=True, help="For each target.")
@click.option("--seconds", default=0, help="For each target at most; 0: no limit.")
@click.option("--target", type=click.Choice(_NAMES), help="This one, in this process.")
@click.option("--keep", type=click.Path(path_type=Path), default=Path("out/fuzz"), show_default=True)
def main(runs: int, seconds: int, target: str | None, keep: Path) -> None:
    """Fuzz all targets, one after the other."""
    keep.mkdir(parents=True, exist_ok=True)
    if target is not None:
        _fuzz(target, runs=runs, seconds=seconds, keep=keep)
        return
    command = [sys.executable, "-m", "tests.fuzz", "--runs", str(runs), "--seconds", str(seconds)]
    failed = [
        name
        for name in _NAMES
        if subprocess.run([*command, "--keep", str(keep), "--target", name], check=False).returncode
    ]
    if failed:
        sys.exit(f"Trouble with: {', '.join(failed)}; the bytes are in {keep}")


def _fuzz(target: str, *, runs: int, seconds: int, keep: Path) -> None:
    import atheris  # noqa: PLC0415 - an extra; the bounded tests do without

    # Only what is imported in here, for the first time, is watched.
    with atheris.instrument_imports(include=["toonbooth", "python_multipart"]):
        from tests.fuzz.seeds import list_seeds  # noqa: PLC0415
        from tests.fuzz.targets import TARGETS  # noqa: PLC0415
    with tempfile.TemporaryDirectory() as folder:
        for number, seed in enumerate(list_seeds(target)):
            (Path(folder) / str(number)).write_bytes(seed)
        options = [
            f"-runs={runs}",
            f"-max_total_time={seconds}",
            f"-max_len={_MAX_BYTES}",
            f"-artifact_prefix={keep}/{target}-",
            "-timeout=10",
        ]
        atheris.Setup([sys.argv[0], *options, folder], TARGETS[target])
        atheris.Fuzz()


if __name__ == "__main__":
    main()
