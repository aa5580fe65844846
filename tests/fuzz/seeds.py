"""Where the search for trouble begins: whole things of each kind."""

from tests.fuzz.corpus import make_pictures
from tests.fuzz.targets import INSIDES, PACKET

_FORM = (
    b'--b\r\nContent-Disposition: form-data; name="style"\r\n\r\ncomic\r\n'
    b'--b\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\n'
    b"Content-Type: image/jpeg\r\n\r\n\xff\xd8\xff\xe0\r\n--b--\r\n"
)


def list_seeds(target: str) -> list[bytes]:
    """A few whole inputs for a target."""
    match target:
        case "picture":
            return list(make_pictures().values())
        case "multipart":
            return [_FORM, _FORM.replace(b"\r\n", b"\n"), b"--b--\r\n"]
        case "packet":
            return [PACKET]
        case "insides":
            return [INSIDES]
        case _:
            return [
                b"originals/1736123456789_abc12345.jpg",
                b"temp/1736123456790_507f1f77bcf86cd799439011.jpg",
                b"http://127.0.0.1:3000/uploads/temp/1_a.jpg?expires=1&signature=a",
            ]
