"""HEIC files as phones write them, put together around the coded tiles of tests/data/heif."""

import functools
from dataclasses import dataclass, field
from pathlib import Path

TILE_SIDE = 64
TILES_PER_ROW = 8

DEPTH_MAP = b"urn:mpeg:hevc:2015:auxid:2"
HDR_GAIN_MAP = b"urn:com:apple:photo:2020:aux:hdrgainmap"

_TILES = Path(__file__).parent / "data" / "heif" / "astronaut-tiles.hevc"


@dataclass(frozen=True, slots=True)
class _Item:
    kind: bytes
    data: bytes
    properties: list[bytes] = field(default_factory=list)
    references: dict[bytes, list[int]] = field(default_factory=dict)
    is_hidden: bool = False


def build_heic(
    *,
    columns: int = 7,
    rows: int = 8,
    quarters: int = 0,
    mirror: int | None = None,
    exif: bytes = b"",
    colour: bytes = b"",
    auxiliary: tuple[bytes, ...] = (),
    declared_size: tuple[int, int] | None = None,
) -> bytes:
    """The left upper part of the astronaut as a grid of tiles.

    quarters : of a turn counter-clockwise, the `irot` property.
    mirror : the `imir` property: 0 swaps top and bottom, 1 left and right.
    exif : a TIFF structure, as an item beside the picture.
    colour : content of a `colr` property.
    auxiliary : types of pictures that only belong to the one shown.
    declared_size : what the header says, if it isn't true.
    """
    configuration, tiles = _read_tiles()
    coded = [_box(b"hvcC", configuration), _size(TILE_SIDE, TILE_SIDE)]
    used = [tiles[row * TILES_PER_ROW + column] for row in range(rows) for column in range(columns)]
    items = [_Item(b"hvc1", tile, coded, is_hidden=True) for tile in used]
    width, height = declared_size or (columns * TILE_SIDE, rows * TILE_SIDE)
    shown = [_size(width, height)]
    if colour:
        shown.append(_box(b"colr", colour))
    if quarters:
        shown.append(_box(b"irot", bytes([quarters])))
    if mirror is not None:
        shown.append(_box(b"imir", bytes([mirror])))
    grid = bytes([0, 1, rows - 1, columns - 1]) + width.to_bytes(4, "big") + height.to_bytes(4, "big")
    items.append(_Item(b"grid", grid, shown, {b"dimg": list(range(1, len(used) + 1))}))
    primary = len(items)
    if exif:
        items.append(_Item(b"Exif", bytes(4) + exif, references={b"cdsc": [primary]}, is_hidden=True))
    for kind in auxiliary:
        properties = [*coded, _box(b"auxC", bytes(4) + kind + b"\0")]
        items.append(_Item(b"hvc1", tiles[0], properties, {b"auxl": [primary]}, is_hidden=True))
    return _assemble(items, primary)


@functools.cache
def _read_tiles() -> tuple[bytes, list[bytes]]:
    data = _TILES.read_bytes()
    parts = []
    offset = 0
    while offset < len(data):
        length = int.from_bytes(data[offset : offset + 2], "big")
        parts.append(data[offset + 2 : offset + 2 + length])
        offset += 2 + length
    return parts[0], parts[1:]


def _assemble(items: list[_Item], primary: int) -> bytes:
    file_type = _box(b"ftyp", b"heic" + bytes(4) + b"mif1heic")
    properties = list(dict.fromkeys(part for item in items for part in item.properties))
    associations = b"".join(
        number.to_bytes(2, "big")
        + bytes([len(item.properties)])
        + bytes(properties.index(part) + 1 for part in item.properties)
        for number, item in enumerate(items, 1)
    )
    information = b"".join(
        _box(
            b"infe",
            bytes([2, 0, 0, item.is_hidden]) + number.to_bytes(2, "big") + bytes(2) + item.kind + b"\0",
        )
        for number, item in enumerate(items, 1)
    )
    references = b"".join(
        _box(
            kind,
            number.to_bytes(2, "big")
            + len(to).to_bytes(2, "big")
            + b"".join(n.to_bytes(2, "big") for n in to),
        )
        for number, item in enumerate(items, 1)
        for kind, to in item.references.items()
    )

    def meta(first_byte: int) -> bytes:
        locations, offset = b"", first_byte
        for number, item in enumerate(items, 1):
            locations += number.to_bytes(2, "big") + bytes(2) + (1).to_bytes(2, "big")
            locations += offset.to_bytes(4, "big") + len(item.data).to_bytes(4, "big")
            offset += len(item.data)
        count = len(items).to_bytes(2, "big")
        return _box(
            b"meta",
            bytes(4)
            + _box(b"hdlr", bytes(8) + b"pict" + bytes(13))
            + _box(b"pitm", bytes(4) + primary.to_bytes(2, "big"))
            + _box(b"iloc", bytes(4) + b"\x44\x00" + count + locations)
            + _box(b"iinf", bytes(4) + count + information)
            + _box(b"iref", bytes(4) + references)
            + _box(
                b"iprp",
                _box(b"ipco", b"".join(properties))
                + _box(b"ipma", bytes(4) + len(items).to_bytes(4, "big") + associations),
            ),
        )

    first_byte = len(file_type) + len(meta(0)) + 8
    return file_type + meta(first_byte) + _box(b"mdat", b"".join(item.data for item in items))


def _box(kind: bytes, data: bytes) -> bytes:
    return (8 + len(data)).to_bytes(4, "big") + kind + data


def _size(width: int, height: int) -> bytes:
    return _box(b"ispe", bytes(4) + width.to_bytes(4, "big") + height.to_bytes(4, "big"))
