"""Opens a folder of manifests: each that holds becomes a style, each that doesn't one line of regret."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from toonbooth.imaging.codec.scaling import size_within
from toonbooth.imaging.resize import enlarged, shrunk
from toonbooth.neural.errors import ManifestError, NetworkError
from toonbooth.neural.faces import draw_faces
from toonbooth.neural.manifest import Manifest, read_manifest
from toonbooth.neural.networks import NeuralNetwork, open_network
from toonbooth.neural.onnx_runtime import check_provider
from toonbooth.neural.tiles import draw_in_tiles
from toonbooth.portrait.model import Portrait


@dataclass(frozen=True, slots=True)
class NeuralStyle:
    """A network and its manifest. Holds the network's buffers: one caller at a time."""

    manifest: Manifest
    network: NeuralNetwork

    def draw(self, portrait: Portrait, _rng: np.random.Generator) -> Portrait:
        """Draw a portrait. A network has no seed: the same photo gives the same drawing.

        Raises
        ------
        NobodyToDrawError
            When it draws faces and there is none.
        NetworkError
        """
        manifest = self.manifest
        size = manifest.input.size
        if manifest.input.wants == "faces":
            picture = draw_faces(portrait, self.network.run, size=size, look=manifest.faces)
        else:
            height, width = portrait.picture.shape[:2]
            small = shrunk(portrait.picture, size_within(width, height, max_side=manifest.tiles.max_side))
            picture = draw_in_tiles(small, self.network.run, size=size, overlap=manifest.tiles.overlap)
            picture = enlarged(picture, (width, height))
        return portrait.with_picture(picture)


@dataclass(frozen=True, slots=True)
class NeuralStyles:
    """What came of a folder. `problems`: one line for each manifest that is left out."""

    styles: tuple[NeuralStyle, ...]
    problems: tuple[str, ...]


def open_neural_styles(
    folder: Path, *, threads: int, provider: str, allow_noncommercial: bool, taken_names: Collection[str]
) -> NeuralStyles:
    """Open every `*.toml` in a folder, in the order of their names.

    Parameters
    ----------
    threads : within one run of a network.
    provider : of ONNX Runtime; "auto" takes the best that works.
    allow_noncommercial : whether licences that forbid commercial use, or don't say, are accepted.
    taken_names : names of styles that there are already.

    Raises
    ------
    ProviderMissingError
        When a provider was asked for by name and isn't there.
    """
    check_provider(provider)
    if not folder.is_dir():
        return NeuralStyles((), (f"There is no folder {folder}.",))
    names = set(taken_names)
    styles: list[NeuralStyle] = []
    problems: list[str] = []
    for path in sorted(folder.glob("*.toml")):
        try:
            manifest = read_manifest(path, allow_noncommercial=allow_noncommercial)
            if manifest.name in names:
                problems.append(f"{path.name}: there is a style called {manifest.name} already.")
                continue
            network = open_network(folder, manifest, threads=threads, provider=provider)
        except ManifestError as error:
            problems.append(str(error))
        except NetworkError as error:
            problems.append(f"{path.name}: {error}.")
        else:
            names.add(manifest.name)
            styles.append(NeuralStyle(manifest, network))
    return NeuralStyles(tuple(styles), tuple(problems))
