"""How large the pictures are that AV1 data hold, whatever the container around them says.

AV1 Bitstream & Decoding Process Specification, 5.3 (OBUs) and 5.5 (sequence header). A decoder sets memory
aside for this size, and only then makes of it the size that the container states.
"""

from toonbooth.imaging.codec.errors import BrokenImageError

_SEQUENCE_HEADER = 1
_MAX_HEADER_BYTES = 512


def read_frame_sizes(data: bytes, *, max_obus: int) -> tuple[list[tuple[int, int]], int]:
    """Width and height from every sequence header in the data of one item, and how many OBUs it has.

    Raises
    ------
    BrokenImageError
        If there is no header, or the data don't hang together, or are too many OBUs.
    """
    sizes = []
    offset = obus = 0
    while offset < len(data) and obus < max_obus:
        obus += 1
        kind, has_extension, has_size = data[offset] >> 3 & 15, data[offset] >> 2 & 1, data[offset] >> 1 & 1
        offset += 1 + has_extension
        length = len(data) - offset
        if has_size:
            length, offset = _read_leb128(data, offset)
        if length < 0 or offset + length > len(data):
            raise BrokenImageError("an OBU reaches beyond its item")
        if kind == _SEQUENCE_HEADER:
            sizes.append(_read_size(_Bits(data[offset : offset + min(length, _MAX_HEADER_BYTES)])))
        offset += length
    if not sizes or offset < len(data):
        raise BrokenImageError("no AV1 sequence header, or no end of OBUs")
    return sizes, obus


class _Bits:
    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data, "big")
        self._left = 8 * len(data)

    def number(self, bits: int) -> int:
        self._left -= bits
        if self._left < 0:
            raise BrokenImageError("an AV1 header ends too early")
        return self._value >> self._left & ((1 << bits) - 1)

    def variable_number(self) -> int:
        """`uvlc`: as many zeros as there are bits after the first one."""
        zeros = 0
        while not self.number(1):
            zeros += 1
        return self.number(zeros) if zeros < 32 else 0


def _read_leb128(data: bytes, offset: int) -> tuple[int, int]:
    """A number of seven bits a byte, lowest first, and where it ends."""
    value = 0
    for place, byte in enumerate(data[offset : offset + 8]):
        value |= (byte & 0x7F) << 7 * place
        if not byte & 0x80:
            return value, offset + place + 1
    raise BrokenImageError("an OBU without a size")


def _read_size(bits: _Bits) -> tuple[int, int]:
    bits.number(3 + 1)  # profile, still picture
    if bits.number(1):  # reduced header
        bits.number(5)  # level
    else:
        _pass_over_operating_points(bits)
    width_bits, height_bits = bits.number(4) + 1, bits.number(4) + 1
    return bits.number(width_bits) + 1, bits.number(height_bits) + 1


def _pass_over_operating_points(bits: _Bits) -> None:
    delay_bits = 0
    if bits.number(1):  # timing
        bits.number(64)
        if bits.number(1):
            bits.variable_number()
        if bits.number(1):  # decoder model
            delay_bits = bits.number(5) + 1
            bits.number(32 + 5 + 5)
    has_display_delay = bits.number(1)
    for _ in range(bits.number(5) + 1):
        bits.number(12)
        if bits.number(5) > 7:  # level; from there on with a tier
            bits.number(1)
        if delay_bits and bits.number(1):
            bits.number(2 * delay_bits + 1)
        if has_display_delay and bits.number(1):
            bits.number(4)
