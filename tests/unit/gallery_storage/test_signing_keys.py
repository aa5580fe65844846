"""Signing keys as an operator writes them."""

import pytest

from toonbooth.gallery.signing_keys import read_signing_keys
from toonbooth.kit.errors import StartError

FIRST = "first-key-" + "a" * 22
SECOND = "second-key-" + "b" * 22


@pytest.mark.parametrize(
    "text", [f"{FIRST},{SECOND}", f" {FIRST} , {SECOND},\n", f"{FIRST}\n{SECOND}\n", f"{FIRST}\r\n{SECOND}"]
)
def test_keys_are_separated_by_commas_or_line_breaks(text: str) -> None:
    assert read_signing_keys(text) == (FIRST.encode(), SECOND.encode())


@pytest.mark.parametrize("text", ["", " ", ",,", "\n"])
def test_no_key_is_no_start(text: str) -> None:
    with pytest.raises(StartError, match="no signing key"):
        read_signing_keys(text)


def test_a_short_key_is_refused_and_not_repeated() -> None:
    with pytest.raises(StartError, match="at least 32 characters") as refusal:
        read_signing_keys(f"{FIRST},hunter2")

    assert "hunter2" not in str(refusal.value)
