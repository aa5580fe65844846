"""The structure of HEIF and AVIF files: what their boxes say of the picture that is to be shown.

ISO/IEC 14496-12 (boxes), ISO/IEC 23008-12 (items and their properties).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from toonbooth.imaging.codec.av1_sequence import read_frame_sizes
from toonbooth.imaging.codec.errors import BrokenImageError
from toonbooth.imaging.codec.streams import measure, read_at

# 16 MB of boxes could be hidden in one file; a phone's photo of a hundred tiles has 8 KB.
_MAX_META_BYTES = 1024 * 1024
_MAX_TOP_LEVEL_BOXES = 64

# What can be said in a megabyte a million times takes seconds to read. The largest photos of phones have some
# 300 items, each in one place; each tile of an AVIF has two or three OBUs.
_MAX_ITEMS = 4096
_MAX_PLACES = _MAX_PROPERTIES = 16_384
_MAX_OBUS = 16_384
_SEQUENCE_BRANDS = frozenset({b"avis", b"hevc", b"hevx", b"hevm", b"hevs", b"msf1"})

# EXIF's number for a turn of so many quarters counter-clockwise, followed by a mirror left to right or none.
_TURNED = {0: 1, 1: 8, 2: 3, 3: 6}
_TURNED_AND_MIRRORED = {0: 2, 1: 7, 2: 4, 3: 5}


@dataclass(frozen=True, slots=True)
class HeifHeader:
    """What the boxes say of the primary picture.

    width, height : as stored, before it is turned.
    orientation : EXIF's number for what the `irot` and `imir` properties ask for.
    colour_primaries : ITU-T H.273 code, None where an ICC profile or nothing is given.
    is_sequence : the file is a film rather than a picture.
    largest : width and height of the picture in the file that has the most pixels; tiles and masks count, and
        what AV1 data say of themselves.
    """

    width: int
    height: int
    orientation: int
    colour_primaries: int | None
    is_sequence: bool
    largest: tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Box:
    kind: bytes
    data: bytes


class _Fields:
    """Big-endian numbers read one after another; running out of bytes is a broken picture."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def number(self, length: int) -> int:
        end = self._at + length
        if end > len(self._data):
            raise BrokenImageError("a box ends too early")
        value = int.from_bytes(self._data[self._at : end], "big")
        self._at = end
        return value

    def version_and_flags(self) -> tuple[int, int]:
        return self.number(1), self.number(3)


def read_heif_header(source: BinaryIO) -> HeifHeader:
    """Read what the boxes say of the primary picture, without its pixels.

    Raises
    ------
    BrokenImageError
        If boxes are missing or contradict themselves, or data that they speak of lie beyond the file.
    """
    file_bytes = measure(source)
    brand = read_at(source, 8, 4)
    boxes = _index(_read_meta(source, file_bytes)[4:], needed=(b"pitm", b"iprp", b"iloc"))
    locations = _read_locations(boxes[b"iloc"], file_bytes)
    properties = _index(boxes[b"iprp"], needed=(b"ipco", b"ipma"))
    definitions = list(_split(properties[b"ipco"]))
    primary = _read_primary(boxes[b"pitm"])
    associations = _read_associations(properties[b"ipma"], definitions)
    mine = associations.get(primary, [])
    sizes = [_read_size(box.data) for box in mine if box.kind == b"ispe"]
    if not sizes:
        raise BrokenImageError("the primary picture has no size")
    all_sizes = [_read_size(box.data) for box in definitions if box.kind == b"ispe"]
    left, obus_left = file_bytes, _MAX_OBUS
    for item, belonging in associations.items():
        if any(box.kind == b"av1C" for box in belonging):
            places = locations.get(item, [])
            # A thousand items may claim the same bytes; no file needs more read than it has.
            left -= sum(length for _, length in places)
            if left < 0:
                raise BrokenImageError("items that overlap")
            data = b"".join(read_at(source, *place) for place in places)
            found, obus = read_frame_sizes(data, max_obus=obus_left)
            all_sizes += found
            obus_left -= obus
    return HeifHeader(
        *sizes[0],
        orientation=_read_turns(mine),
        colour_primaries=_read_primaries(mine),
        is_sequence=brand in _SEQUENCE_BRANDS,
        largest=max(all_sizes, key=lambda size: size[0] * size[1]),
    )


def _read_meta(source: BinaryIO, file_bytes: int) -> bytes:
    offset = 0
    for _ in range(_MAX_TOP_LEVEL_BOXES):
        head = read_at(source, offset, 8)
        length, head_bytes = int.from_bytes(head[:4], "big"), 8
        if length == 1:
            length, head_bytes = int.from_bytes(read_at(source, offset + 8, 8), "big"), 16
        elif length == 0:
            length = file_bytes - offset
        if length < head_bytes or offset + length > file_bytes:
            raise BrokenImageError(f"box {head[4:]!r} claims {length} bytes")
        if head[4:] == b"meta":
            if not 4 <= length - head_bytes <= _MAX_META_BYTES:
                raise BrokenImageError(f"{length} bytes of meta box")
            return read_at(source, offset + head_bytes, length - head_bytes)
        offset += length
    raise BrokenImageError("no meta box")


def _split(data: bytes) -> Iterator[_Box]:
    offset = 0
    while offset + 8 <= len(data):
        length = int.from_bytes(data[offset : offset + 4], "big") or len(data) - offset
        # 64-bit lengths have no place inside a box of a megabyte at most.
        if length < 8 or offset + length > len(data):
            raise BrokenImageError("a box reaches beyond the one around it")
        yield _Box(data[offset + 4 : offset + 8], data[offset + 8 : offset + length])
        offset += length


def _index(data: bytes, *, needed: tuple[bytes, ...]) -> dict[bytes, bytes]:
    """Boxes by kind; of those needed there must be one, for decoders differ on which of two counts."""
    boxes = list(_split(data))
    for kind in needed:
        if sum(box.kind == kind for box in boxes) != 1:
            raise BrokenImageError(f"not one {kind!r} box")
    return {box.kind: box.data for box in boxes}


def _read_primary(data: bytes) -> int:
    fields = _Fields(data)
    version, _ = fields.version_and_flags()
    return fields.number(4 if version else 2)


def _read_associations(data: bytes, definitions: list[_Box]) -> dict[int, list[_Box]]:
    """The properties of each item, in the order in which they apply."""
    fields = _Fields(data)
    version, flags = fields.version_and_flags()
    # The topmost bit of a property's number only says whether a reader must know it.
    number_bytes, mask = (2, 0x7FFF) if flags & 1 else (1, 0x7F)
    associations: dict[int, list[_Box]] = {}
    left = _MAX_PROPERTIES
    for _ in range(_check_count(fields.number(4), _MAX_ITEMS)):
        owner = fields.number(4 if version else 2)
        count = _check_count(fields.number(1), left)
        left -= count
        indices = [fields.number(number_bytes) & mask for _ in range(count)]
        if any(index > len(definitions) for index in indices):
            raise BrokenImageError("a property that isn't there")
        associations.setdefault(owner, []).extend(definitions[index - 1] for index in indices if index)
    return associations


def _check_count(count: int, most: int) -> int:
    if count > most:
        raise BrokenImageError(f"{count} of what no picture has more than {most} of")
    return count


def _read_size(data: bytes) -> tuple[int, int]:
    fields = _Fields(data)
    fields.version_and_flags()
    return fields.number(4), fields.number(4)


def _read_turns(properties: list[_Box]) -> int:
    quarters = 0
    axes: list[int] = []
    for box in properties:
        if box.kind == b"irot":
            quarters += _Fields(box.data).number(1) & 3
        elif box.kind == b"imir":
            axes.append(_Fields(box.data).number(1) & 1)
    if not axes:
        return _TURNED[quarters % 4]
    # Swapping top and bottom is half a turn and a mirror.
    return _TURNED_AND_MIRRORED[(quarters + (0 if axes[0] else 2)) % 4]


def _read_primaries(properties: list[_Box]) -> int | None:
    """From the `colr` box of kind `nclx`, unless there is an ICC profile, which is more exact."""
    colours = [box.data for box in properties if box.kind == b"colr"]
    if any(data[:4] in {b"prof", b"rICC"} for data in colours):
        return None
    return next((int.from_bytes(data[4:6], "big") for data in colours if data[:4] == b"nclx"), None)


def _read_locations(data: bytes, file_bytes: int) -> dict[int, list[tuple[int, int]]]:
    """Where in the file the data of each item lie, offset and length.

    A file that ends before its pixels do is refused: decoders show what is missing as grey or black.
    """
    fields = _Fields(data)
    version, _ = fields.version_and_flags()
    sizes = fields.number(2)
    offset_bytes, length_bytes, base_bytes = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15
    index_bytes = sizes & 15 if version else 0
    if offset_bytes + length_bytes == 0:
        # Billions of places could be claimed in no space at all.
        raise BrokenImageError("places without offset and length")
    locations: dict[int, list[tuple[int, int]]] = {}
    places_left = _MAX_PLACES
    for _ in range(_check_count(fields.number(4 if version == 2 else 2), _MAX_ITEMS)):
        item = fields.number(4 if version == 2 else 2)
        method = fields.number(2) & 15 if version else 0
        fields.number(2)  # which file: only this one is ever read
        base = fields.number(base_bytes)
        places = _check_count(fields.number(2), places_left)
        places_left -= places
        for _ in range(places):
            fields.number(index_bytes)
            offset, length = base + fields.number(offset_bytes), fields.number(length_bytes)
            if method == 0:
                if offset + length > file_bytes:
                    raise BrokenImageError("data of an item lie beyond the end of the file")
                # No length means all that follows.
                locations.setdefault(item, []).append((offset, length or file_bytes - offset))
    return locations
