"""Where a background's shapes are centred."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Head:
    """A head's middle and its width, in pixels."""

    x: float
    y: float
    width: float
