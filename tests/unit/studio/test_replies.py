"""Who gets the picture itself and who a form that holds it."""

import pytest

from toonbooth.studio.replies import prefers_form


@pytest.mark.parametrize(
    "accept",
    [
        None,
        "",
        "*/*",
        "image/jpeg",
        "image/*",
        "application/json",
        "multipart/form-data, image/jpeg",
        "multipart/form-data;q=0.5, image/*",
        "multipart/form-data;q=0",
        "multipart/form-data;q=nonsense",
        "multipart/*",
    ],
)
def test_the_picture_itself_is_the_rule(accept: str | None) -> None:
    assert not prefers_form(accept, "image/jpeg")


@pytest.mark.parametrize(
    "accept",
    [
        "multipart/form-data",
        "Multipart/Form-Data; charset=utf-8",
        "multipart/form-data, */*;q=0.1",
        "image/png, multipart/form-data, image/jpeg;q=0.3",
    ],
)
def test_a_form_goes_to_those_who_prefer_it(accept: str) -> None:
    assert prefers_form(accept, "image/jpeg")
