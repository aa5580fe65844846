"""The stages of a cartoon that all styles share: decode, analyse, encode."""

from collections.abc import Generator
from functools import partial

import cv2

from bench.timing import Row, time_calls
from toonbooth.imaging.codec import decode_photo, encode_jpeg
from toonbooth.portrait.analysis import PortraitAnalyser
from toonbooth.portrait.models import default_models_folder

MAX_SIDE = 1080


def measure_stages(photos: dict[str, bytes], *, threads: int, rounds: int) -> Generator[Row]:
    """Time decoding on all photos, the rest on the last of them."""
    cv2.setNumThreads(threads)
    analyser = PortraitAnalyser(default_models_folder(), threads=threads)
    for name, photo in photos.items():
        yield time_calls(f"decode, {name}", partial(decode_photo, photo, max_side=MAX_SIDE), rounds=rounds)
    picture = decode_photo(photo, max_side=MAX_SIDE)
    yield time_calls("analyse", lambda: analyser.analyse(picture), rounds=rounds)
    yield time_calls("encode", lambda: encode_jpeg(picture), rounds=rounds)
