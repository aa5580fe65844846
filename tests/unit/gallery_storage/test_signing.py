"""Signed addresses: good for 7 days, the same all day, and good for nothing once a character is changed."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toonbooth.gallery.signing import UrlSigner

KEY = b"k" * 43
OTHER_KEY = b"o" * 43
PATH = "/uploads/temp/1736123456790_507f1f77bcf86cd799439011.jpg"
NOW = datetime(2026, 11, 23, 14, 30, 5, 123_000, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 24, tzinfo=UTC)
WEEK = timedelta(days=7)


def sign(path: str = PATH, *, now: datetime = NOW, keys: tuple[bytes, ...] = (KEY,)) -> tuple[str, str]:
    query = parse_qs(UrlSigner(keys).sign(path, now=now), strict_parsing=True)
    assert set(query) == {"expires", "signature"}
    return query["expires"][0], query["signature"][0]


def verify(
    expires: str,
    signature: str,
    *,
    path: str = PATH,
    now: datetime = NOW,
    keys: tuple[bytes, ...] = (KEY,),
) -> int | None:
    return UrlSigner(keys).verify(path, expires=expires, signature=signature, now=now)


def test_a_signed_address_opens_until_the_end_of_its_seventh_day() -> None:
    expires, signature = sign()

    end = datetime.fromtimestamp(int(expires), UTC)
    assert end == MIDNIGHT + WEEK
    assert verify(expires, signature) == int((end - NOW).total_seconds())
    assert verify(expires, signature, now=end - timedelta(seconds=1)) == 1
    assert verify(expires, signature, now=end - timedelta(milliseconds=1)) is None
    assert verify(expires, signature, now=end) is None
    assert verify(expires, signature, now=end + timedelta(days=400)) is None


@given(st.datetimes(min_value=datetime(2025, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_an_address_lasts_seven_to_eight_days(now: datetime) -> None:
    remaining = verify(*sign(now=now), now=now)

    assert remaining is not None
    assert timedelta(days=7) - timedelta(seconds=1) <= timedelta(seconds=remaining) <= timedelta(days=8)


def test_an_address_stays_the_same_all_day() -> None:
    first = sign(now=MIDNIGHT)
    last = sign(now=MIDNIGHT + timedelta(days=1, milliseconds=-1))

    assert first == last
    assert sign(now=MIDNIGHT + timedelta(days=1)) != first
    assert sign(now=MIDNIGHT - timedelta(milliseconds=1)) != first


@pytest.mark.parametrize("position", range(len(PATH)))
def test_a_path_with_one_other_character_is_refused(position: int) -> None:
    expires, signature = sign()
    changed = PATH[:position] + chr(ord(PATH[position]) ^ 1) + PATH[position + 1 :]

    assert verify(expires, signature, path=changed) is None


@pytest.mark.parametrize("position", range(10))
def test_an_expiry_with_one_other_digit_is_refused(position: int) -> None:
    expires, signature = sign()
    for digit in "0123456789":
        changed = expires[:position] + digit + expires[position + 1 :]
        assert (verify(changed, signature) is None) == (changed != expires)


@pytest.mark.parametrize("position", range(43))
def test_a_signature_with_one_other_character_is_refused(position: int) -> None:
    expires, signature = sign()
    for character in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_":
        changed = signature[:position] + character + signature[position + 1 :]
        # At the last position too, where Base64 ignores two bits.
        assert (verify(expires, changed) is None) == (changed != signature)


@pytest.mark.parametrize(
    "change",
    [
        lambda expires, signature: (f"0{expires}", signature),
        lambda expires, signature: (f"+{expires}", signature),
        lambda expires, signature: (f" {expires}", signature),
        lambda expires, signature: (f"{expires}\n", signature),
        lambda expires, signature: (f"{expires}.0", signature),
        lambda expires, signature: (expires.translate({0x31: 0xFF11}), signature),
        lambda expires, signature: ("", signature),
        lambda expires, signature: (f"-{expires}", signature),
        lambda expires, signature: ("9" * 400, signature),
        lambda expires, signature: (expires, ""),
        lambda expires, signature: (expires, f"{signature}="),
        lambda expires, signature: (expires, f"{signature}\n"),
        lambda expires, signature: (expires, signature[:-1]),
        lambda expires, signature: (expires, f"{signature[:-1]}é"),
        lambda expires, signature: (signature, expires),
    ],
)
def test_only_the_exact_texts_are_accepted(change) -> None:  # type: ignore[no-untyped-def]
    assert verify(*change(*sign())) is None


@pytest.mark.parametrize("path", ["", "/uploads/tämp/x.jpg", "/uploads/\udcff", f"{PATH}\n1795474879"])
def test_strange_paths_are_refused_without_a_fuss(path: str) -> None:
    assert verify(*sign(), path=path) is None


def test_the_first_key_signs_and_all_are_accepted() -> None:
    expires, signature = sign(keys=(KEY,))

    assert verify(expires, signature, keys=(OTHER_KEY, KEY)) is not None
    assert sign(keys=(OTHER_KEY, KEY)) == sign(keys=(OTHER_KEY,)) != sign(keys=(KEY,))
    assert verify(expires, signature, keys=(OTHER_KEY,)) is None


def test_a_signature_is_plain_hmac_sha256() -> None:
    # printf 'toonbooth picture address 1\n%s\n1796083200' PATH |
    #   openssl dgst -sha256 -hmac KEY -binary | base64
    assert sign() == ("1796083200", "8koUoGmgtV0OkN2chCzgcozilIxRmYLWDYY-ldW5KQc")


@pytest.mark.parametrize("keys", [(), (b"",), (KEY, b"")])
def test_there_is_no_signing_without_keys(keys: tuple[bytes, ...]) -> None:
    with pytest.raises(ValueError, match="key"):
        UrlSigner(keys)
