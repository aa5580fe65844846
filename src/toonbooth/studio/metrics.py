"""What the studio counts beside its requests and its workers: what it drew and cut."""

from toonbooth.kit.metrics import Metrics
from toonbooth.studio.pictures import Geometry


class StudioMetrics:
    """Made once for an application."""

    def __init__(self, metrics: Metrics) -> None:
        self._drawings = metrics.counter(
            "drawings", "Cartoons drawn, by style and how many faces were found.", ("style", "faces")
        )
        self._face_cuts = metrics.counter(
            "face_cuts", "Faces cut out, by shape and by what told where they are.", ("shape", "found_by")
        )

    def note_drawing(self, style: str, *, faces: int) -> None:
        self._drawings.labels(style, str(faces) if faces < 2 else "several").inc()

    def note_face_cut(self, shape: str, *, found_by: Geometry) -> None:
        self._face_cuts.labels(shape, found_by).inc()
