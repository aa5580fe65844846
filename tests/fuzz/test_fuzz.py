"""A bounded run of what `make fuzz` does for long: broken bytes in, an answer or a refusal out."""

import random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.fuzz.corpus import break_bytes, break_pictures, make_pictures
from tests.fuzz.seeds import list_seeds
from tests.fuzz.targets import (
    INSIDES,
    PACKET,
    TARGETS,
    read_insides,
    read_multipart,
    read_packet,
    read_path,
    read_picture,
)

BROKEN_PICTURES = 600
BROKEN_PACKETS = 400


@pytest.mark.parametrize("seed", range(4))
def test_broken_and_strange_pictures_of_every_format_are_read_or_refused(seed: int) -> None:
    for data in make_pictures().values():
        read_picture(data)
    for _name, data in break_pictures(seed, BROKEN_PICTURES // 4):
        read_picture(data)


def test_packets_with_broken_insides_are_portraits_or_nothing() -> None:
    chance = random.Random(0)
    for _ in range(BROKEN_PACKETS):
        read_insides(break_bytes(INSIDES, chance, PACKET))


@pytest.mark.parametrize("target", TARGETS)
def test_what_the_search_begins_with_is_itself_no_trouble(target: str) -> None:
    for seed in list_seeds(target):
        TARGETS[target](seed)


def mixed_with(*pieces: bytes) -> st.SearchStrategy[bytes]:
    """Bytes made of these pieces and of anything."""
    return st.lists(st.one_of(st.sampled_from(pieces), st.binary(max_size=8)), max_size=24).map(b"".join)


@settings(max_examples=300, deadline=None)
@given(
    mixed_with(
        b"--b",
        b"\r\n",
        b"--",
        b'Content-Disposition: form-data; name="image"',
        b'; filename="a"',
        b"\r\n\r\n",
    )
)
@example(b"--b\r\n" * 40)
@example(b"--b\r\nContent-Disposition: form-data; name=a\r\n\r\n" * 10_000)
def test_a_body_means_the_same_however_it_is_cut(data: bytes) -> None:
    read_multipart(data)


@settings(max_examples=300, deadline=None)
@given(
    mixed_with(
        b"originals/", b"temp/", b"..", b"%2e", b"/", b"\\", b"http://", b"127.0.0.1", b"@", b":", b"1_a.jpg"
    )
)
def test_a_path_stays_in_its_folder_or_is_refused(data: bytes) -> None:
    read_path(data)


@settings(max_examples=300, deadline=None)
@given(
    mixed_with(*(seed for seed in list_seeds("packet")), b"eJw", b"<", b"=", b'"', b"&#0;", b"<!DOCTYPE x [")
)
def test_a_packet_is_a_portrait_or_nothing(data: bytes) -> None:
    read_packet(data)
