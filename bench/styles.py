"""What every style costs: drawing alone, from file to file, and beside a neural network on the same cores."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from bench.timing import Row, summarise
from toonbooth.drawing.styles import STYLES
from toonbooth.imaging.codec import decode_photo, encode_jpeg
from toonbooth.kit.freed_memory import freed_memory_kept
from toonbooth.neural.manifest import read_manifest
from toonbooth.neural.networks import open_network
from toonbooth.neural.styles import NeuralStyle
from toonbooth.portrait.analysis import PortraitAnalyser
from toonbooth.portrait.models import default_models_folder
from toonbooth.studio.pipeline import CARTOON_QUALITY, draw_cartoon, draw_portrait

MAX_SIDE: Final = 1080
WHOLE_MILLISECONDS: Final = {"comic": 200, "avatar": 300}
OTHERS_MILLISECONDS: Final = 400
TIMES_THE_NETWORK: Final = {"comic": 12}
OTHERS_TIMES_THE_NETWORK: Final = 6
TWO_AT_ONCE: Final = 1.15

Clock = Callable[[], float]


def measure_styles(
    photo: bytes, *, network: Path | None, threads: int, rounds: int, clock: Clock
) -> Generator[Row]:
    """Time all styles on one photo in turns, so that whatever else the machine does hits all of them.

    Parameters
    ----------
    photo : a 12 MP JPEG.
    network : the manifest of a neural style to compare with, or None.
    clock : seconds; `time.perf_counter`, or `time.process_time` on a machine that others use.
    """
    cv2.setNumThreads(threads)
    analyser = PortraitAnalyser(default_models_folder(), threads=threads)
    portrait = analyser.analyse(decode_photo(photo, max_side=MAX_SIDE))
    calls: dict[str, Callable[[], object]] = {
        "decode": lambda: decode_photo(photo, max_side=MAX_SIDE),
        "analyse": lambda: analyser.analyse(portrait.picture),
        "encode": lambda: encode_jpeg(portrait.picture, quality=CARTOON_QUALITY),
    }
    for style in STYLES:
        calls[f"draw {style}"] = partial(draw_portrait, portrait, style=style, seed=1)
        calls[f"whole {style}"] = partial(
            draw_cartoon, photo, analyser=analyser, style=style, seed=1, max_side=MAX_SIDE
        )
    if network is not None:
        calls["network"] = partial(_open(network, threads).draw, portrait, np.random.default_rng(1))
    times = time_in_turns(calls, rounds=rounds, clock=clock)
    yield summarise("decode, 12 MP JPEG", times["decode"])
    yield summarise("analyse", times["analyse"])
    yield summarise("encode", times["encode"])
    floor = [sum(each) for each in zip(times["decode"], times["encode"], strict=True)]
    yield summarise("the floor: decode and encode alone", floor)
    if network is not None:
        yield summarise(f"draw {network.stem}, a network", times["network"])
    for style in STYLES:
        yield summarise(f"draw {style}", times[f"draw {style}"])
    for style in STYLES:
        limit = f"{WHOLE_MILLISECONDS.get(style, OTHERS_MILLISECONDS)} ms" if threads == 1 else ""
        yield summarise(f"12 MP in, 1080 px out, {style}", times[f"whole {style}"], limit=limit)
    if network is not None:
        for style in STYLES:
            ratios = [
                theirs / ours for theirs, ours in zip(times["network"], times[f"draw {style}"], strict=True)
            ]
            limit = f"{TIMES_THE_NETWORK.get(style, OTHERS_TIMES_THE_NETWORK)} or more"
            yield summarise(
                f"{style}'s pixels a second over the network's", ratios, unit="times", limit=limit
            )


def time_in_turns(
    calls: dict[str, Callable[[], object]], *, rounds: int, clock: Clock
) -> dict[str, list[float]]:
    """Milliseconds of each call, `rounds` times, after a turn that doesn't count."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(rounds + 1):
        for name, call in calls.items():
            started = clock()
            call()
            if turn:
                times[name].append((clock() - started) * 1000)
    return times


def measure_two_at_once(photo: bytes, *, rounds: int) -> Generator[Row]:
    """How much longer two cartoons on two cores take than one with the other core idle."""
    pool = ProcessPoolExecutor(2, mp_context=get_context("spawn"), initializer=_start_worker)
    with freed_memory_kept(), pool:
        for style in STYLES:
            for _ in range(3):  # Both processes have drawn before anything counts.
                _draw_together(pool, photo, style, count=2)
            ratios = []
            for _ in range(rounds):
                alone = _draw_together(pool, photo, style, count=1)
                ratios.append(_draw_together(pool, photo, style, count=2) / alone)
            yield summarise(
                f"two at once over one, {style}", ratios, unit="times", limit=f"at most {TWO_AT_ONCE}"
            )


def _open(manifest: Path, threads: int) -> NeuralStyle:
    described = read_manifest(manifest, allow_noncommercial=True)
    return NeuralStyle(described, open_network(manifest.parent, described, threads=threads, provider="cpu"))


_analyser: PortraitAnalyser | None = None


def _start_worker() -> None:
    global _analyser  # noqa: PLW0603 - what a process of the pool keeps
    cv2.setNumThreads(1)
    _analyser = PortraitAnalyser(default_models_folder())


def _draw_in_worker(photo: bytes, style: str) -> None:
    assert _analyser is not None
    draw_cartoon(photo, analyser=_analyser, style=style, seed=1, max_side=MAX_SIDE)


def _draw_together(pool: ProcessPoolExecutor, photo: bytes, style: str, *, count: int) -> float:
    """How many seconds so many cartoons take at once."""
    started = time.perf_counter()
    for work in [pool.submit(_draw_in_worker, photo, style) for _ in range(count)]:
        work.result()
    return time.perf_counter() - started
