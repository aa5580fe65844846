"""Figures that carry the arithmetic they come from, so that a page can show it and cannot show another."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

_SUM = 1
_PRODUCT = 2
_NUMBER = 3


@dataclass(frozen=True, slots=True)
class Figure:
    """A number and how it was worked out; `rank` says when others must put it in parentheses."""

    value: float
    text: str
    rank: int = _NUMBER

    def __add__(self, other: Figure) -> Figure:
        return Figure(self.value + other.value, f"{self.text} + {other.text}", _SUM)

    def __mul__(self, other: Figure) -> Figure:
        text = f"{self._within(_PRODUCT)} × {other._within(_PRODUCT)}"
        return Figure(self.value * other.value, text, _PRODUCT)

    def __truediv__(self, other: Figure) -> Figure:
        text = f"{self._within(_PRODUCT)} ÷ {other._within(_NUMBER)}"
        return Figure(self.value / other.value, text, _PRODUCT)

    def _within(self, rank: int) -> str:
        return self.text if self.rank >= rank else f"({self.text})"


def number(value: float) -> Figure:
    """A figure that was measured or assumed."""
    return Figure(value, show(value))


def round_up(figure: Figure) -> Figure:
    """Machines come whole."""
    return Figure(math.ceil(figure.value), f"{figure.text}, rounded up", _SUM)


def show(value: float) -> str:
    """A number with three digits that count, and thousands apart."""
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


@dataclass(slots=True)
class Sheet:
    """A table of figures, one line for each, as Markdown."""

    title: str
    lines: list[str] = field(default_factory=list)

    def line(self, what: str, figure: Figure, unit: str = "") -> Figure:
        """Write a line; later ones use its result, whose arithmetic is now shown."""
        result = show(figure.value)
        arithmetic = "" if figure.text == result else figure.text
        self.lines.append(f"| {what} | {arithmetic} | {result}{f' {unit}' if unit else ''} |")
        return Figure(figure.value, result)

    def render(self) -> str:
        return "\n".join([f"**{self.title}**", "", "| | how | |", "| --- | --- | ---: |", *self.lines])
