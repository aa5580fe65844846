"""The faces header survives the wire, and what isn't ours is ignored."""

import pytest

from toonbooth.contract import FaceSummary, decode_faces_header, encode_faces_header


def test_faces_survive_the_wire() -> None:
    faces = (
        FaceSummary(box=(0.25, 0.1, 0.5, 0.75), score=0.97),
        FaceSummary(box=(0.8, 0.1, 0.1, 0.1), score=0.5),
    )

    assert decode_faces_header(encode_faces_header(faces)) == faces


@pytest.mark.parametrize(
    "value", [None, "", "none", "{}", "[1]", '[{"box": [1, 2, 3], "score": 1}]', '[{"score": 1}]', "[" * 4000]
)
def test_a_header_that_is_not_ours_is_no_header(value: str | None) -> None:
    assert decode_faces_header(value) in (None, ())
