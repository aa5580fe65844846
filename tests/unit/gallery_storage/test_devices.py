"""Whose pictures: the text of a header becomes a device, and never shows again."""

import hashlib
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toonbooth.gallery.devices import DeviceId

PHONE = "123E4567-e89b-12d3-A456-426614174000"


@given(st.uuids())
def test_every_uuid_is_a_device_whatever_its_version(identifier: uuid.UUID) -> None:
    device = DeviceId.parse(str(identifier))

    assert device.digest == hashlib.sha256(str(identifier).encode()).hexdigest()
    assert device.prefix == str(identifier)[:8]


def test_capitals_do_not_make_another_device() -> None:
    assert DeviceId.parse(PHONE) == DeviceId.parse(PHONE.lower()) == DeviceId.parse(PHONE.upper())
    assert DeviceId.parse(PHONE.upper()).prefix == "123e4567"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "phone",
        "123e4567e89b12d3a456426614174000",
        "{123e4567-e89b-12d3-a456-426614174000}",
        "urn:uuid:123e4567-e89b-12d3-a456-426614174000",
        "123e4567-e89b-12d3-a456-42661417400",
        "123e4567-e89b-12d3-a456-4266141740000",
        "123e4567-e89b-12d3-a456-42661417400g",
        "123e4567-e89b-12d3-a456-426614174000\n",
        " 123e4567-e89b-12d3-a456-426614174000",
        "123e456-7e89b-12d3-a456-426614174000",
        "１23e4567-e89b-12d3-a456-426614174000",  # a full-width digit
        "123e4567-e89b-12d3-a456-42661417400\u017f",
        "../../../../etc-pass-wd00-0000-00000",
    ],
)
def test_anything_else_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(ValueError, match="not a UUID") as refusal:
        DeviceId.parse(text)

    assert not text.strip() or text.strip() not in str(refusal.value)


def test_the_id_does_not_show() -> None:
    device = DeviceId.parse(PHONE)

    for shown in (repr(device), str(device), f"{device}"):
        assert "123e4567" not in shown.lower()
        assert "426614174000" not in shown
