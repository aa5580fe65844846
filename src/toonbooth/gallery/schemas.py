"""The JSON of the API: the guide's fields to the letter, and what Toonbooth adds to a cartoon."""

import json
from datetime import datetime
from typing import Annotated, Generic, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, JsonValue, PlainSerializer, WithJsonSchema
from pydantic.alias_generators import to_camel

from toonbooth.contract import CUT_SIDES, MAX_SEED, FaceSummary
from toonbooth.gallery.database.repositories import JobState, Page
from toonbooth.gallery.database.tables import DownloadedFace, Job, Original, RegeneratedCartoon
from toonbooth.gallery.links import FileLinks
from toonbooth.gallery.operations.erase import Erased
from toonbooth.gallery.studio_replies import StyleInfo, StyleModel
from toonbooth.gallery.wishes import MAX_FACE, FaceFormat, FaceShape

Data = TypeVar("Data")


def format_moment(moment: datetime) -> str:
    """`2024-01-05T20:33:55.000Z`, as JavaScript's `toISOString` writes it."""
    return moment.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


Id = Annotated[str, Field(pattern="^[0-9a-f]{24}$", examples=["507f1f77bcf86cd799439011"])]
Moment = Annotated[
    datetime,
    PlainSerializer(format_moment, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2024-01-05T20:33:55.000Z"]}),
]
Url = Annotated[
    str,
    Field(
        description="Absolute and signed: it opens for a week, without the device id.",
        examples=["http://127.0.0.1:3000/uploads/…/1736123456789_….jpg?…"],
    ),
]
ThumbnailUrl = Annotated[
    str,
    Field(
        description="The same picture, 320 pixels wide; `w` may be 160, 640 or 1080 as well.",
        examples=["http://127.0.0.1:3000/uploads/…/1736123456789_….jpg?…&w=320"],
    ),
]
FileSize = Annotated[int, Field(description="Bytes of the file as it is stored.", examples=[567890])]


class _Json(BaseModel):
    model_config = ConfigDict(
        frozen=True, alias_generator=to_camel, validate_by_name=True, serialize_by_alias=True
    )


class OriginalJson(_Json):
    """A photo."""

    id: Id
    image_url: Url
    thumbnail_url: ThumbnailUrl
    created_at: Moment

    @classmethod
    def of(cls, original: Original, links: FileLinks) -> Self:
        return cls(
            id=str(original.id),
            image_url=links.to(original.key),
            thumbnail_url=links.to_thumbnail(original.key),
            created_at=original.created_at,
        )


class ListedOriginalJson(_Json):
    """A photo in a list."""

    id: Id
    image_url: Url
    thumbnail_url: ThumbnailUrl
    file_size: FileSize
    created_at: Moment

    @classmethod
    def of(cls, original: Original, links: FileLinks) -> Self:
        return cls(
            id=str(original.id),
            image_url=links.to(original.key),
            thumbnail_url=links.to_thumbnail(original.key),
            file_size=original.file_size,
            created_at=original.created_at,
        )


class FaceJson(_Json):
    """A face in a cartoon, found on the photo."""

    box: Annotated[
        tuple[float, float, float, float],
        Field(
            description="x, y, width and height as fractions of the cartoon.",
            examples=[[0.31, 0.18, 0.3, 0.4]],
        ),
    ]
    score: Annotated[float, Field(description="How sure it is that this is a face, 0 to 1.", examples=[0.98])]

    @classmethod
    def of(cls, face: FaceSummary) -> Self:
        return cls(box=face.box, score=face.score)


class CartoonJson(_Json):
    """A cartoon. The last three fields are null when the studio is somebody else's and doesn't tell."""

    id: Id
    image_url: Url
    thumbnail_url: ThumbnailUrl
    created_at: Moment
    style: Annotated[str | None, Field(description="How it is drawn.", examples=["comic"])]
    seed: Annotated[int | None, Field(description="Another seed, another drawing.", examples=[7])]
    faces: Annotated[
        list[FaceJson] | None,
        Field(description="From left to right; a download's `face` counts them from 0."),
    ]

    @classmethod
    def of(cls, cartoon: RegeneratedCartoon, links: FileLinks) -> Self:
        return cls(
            id=str(cartoon.id),
            image_url=links.to(cartoon.key),
            thumbnail_url=links.to_thumbnail(cartoon.key),
            created_at=cartoon.created_at,
            style=cartoon.style,
            seed=cartoon.seed,
            faces=None if cartoon.faces is None else [FaceJson.of(face) for face in cartoon.faces],
        )


class DownloadedFaceJson(_Json):
    """A face cut from a cartoon."""

    id: Id
    face_url: Url
    thumbnail_url: ThumbnailUrl
    original_id: Id
    created_at: Moment

    @classmethod
    def of(cls, face: DownloadedFace, links: FileLinks) -> Self:
        return cls(
            id=str(face.id),
            face_url=links.to(face.key),
            thumbnail_url=links.to_thumbnail(face.key),
            original_id=str(face.original_id),
            created_at=face.created_at,
        )


class ListedFaceJson(_Json):
    """A downloaded face in a list, with the photo that it comes from."""

    id: Id
    face_url: Url
    thumbnail_url: ThumbnailUrl
    file_size: FileSize
    original: OriginalJson
    created_at: Moment

    @classmethod
    def of(cls, face: DownloadedFace, links: FileLinks) -> Self:
        return cls(
            id=str(face.id),
            face_url=links.to(face.key),
            thumbnail_url=links.to_thumbnail(face.key),
            file_size=face.file_size,
            original=OriginalJson.of(face.original, links),
            created_at=face.created_at,
        )


class PaginationJson(_Json):
    """Where in a list a page is; no rows have 0 pages."""

    page: Annotated[int, Field(examples=[1])]
    limit: Annotated[int, Field(examples=[50])]
    total: Annotated[int, Field(examples=[1])]
    pages: Annotated[int, Field(examples=[1])]

    @classmethod
    def of(cls, page: Page, *, total: int) -> Self:
        return cls(page=page.number, limit=page.size, total=total, pages=-(-total // page.size))


class StyleModelJson(_Json):
    """The network that draws a neural style."""

    name: Annotated[str, Field(examples=["photo2cartoon"])]
    licence: Annotated[str, Field(description="SPDX.", examples=["MIT"])]
    commercial: Annotated[str, Field(description="Commercial use: yes, no or unknown.", examples=["yes"])]

    @classmethod
    def of(cls, model: StyleModel) -> Self:
        return cls(name=model.name, licence=model.licence, commercial=model.commercial)


class StyleJson(_Json):
    """A way of drawing."""

    name: Annotated[str, Field(description="What `style` takes.", examples=["comic"])]
    title: Annotated[str, Field(examples=["Comic"])]
    line: Annotated[str, Field(examples=["Ink lines of varying weight and cel tones."])]
    preview_url: Annotated[
        str | None,
        Field(
            description="A small picture of it, for everybody; null when the studio has none.",
            examples=["http://127.0.0.1:3000/api/styles/comic/preview?v=0123456789ab"],
        ),
    ]

    model: Annotated[
        StyleModelJson | None, Field(description="Null when the style is drawn without a network.")
    ]

    @classmethod
    def of(cls, style: StyleInfo, links: FileLinks) -> Self:
        return cls(
            name=style.name,
            title=style.title,
            line=style.line,
            preview_url=links.to_preview(style),
            model=None if style.model is None else StyleModelJson.of(style.model),
        )


class JobAnswerJson(_Json):
    """What the plain call would have answered."""

    status: Annotated[int, Field(examples=[200])]
    retry_after: Annotated[
        int | None, Field(description="Seconds; what `Retry-After` of a 503 would say.", examples=[None])
    ]
    body: Annotated[dict[str, JsonValue], Field(description="Exactly the body of the plain call.")]


class JobJson(_Json):
    """An upload or a regeneration that goes on by itself."""

    id: Id
    kind: Literal["upload", "regenerate"]
    state: Annotated[JobState, Field(description="The last four are ends.")]
    stage: Annotated[
        Literal["received", "decoded", "faces_found", "skin_and_hair", "lines", "encoded", "stored"] | None,
        Field(description="What is done; null from an AI server that doesn't tell, and before it begins."),
    ]
    progress: Annotated[float, Field(ge=0, le=1, examples=[0.35])]
    queue_position: Annotated[
        int | None, Field(description="How many are before it, while it waits for the studio.")
    ]
    preview_url: Annotated[
        str | None,
        Field(description="A small picture as a `data:` URL while the job runs, as soon as there is one."),
    ]
    created_at: Moment
    finished_at: Moment | None
    answer: Annotated[
        JobAnswerJson | None, Field(description="At the end; null when cancelled or interrupted.")
    ]

    @classmethod
    def of(cls, job: Job) -> Self:
        answer = None
        if job.status is not None and job.body is not None:
            answer = JobAnswerJson(
                status=job.status, retry_after=job.retry_after_seconds, body=json.loads(job.body)
            )
        return cls.model_validate(
            {
                "id": str(job.id),
                "kind": job.kind,
                "state": job.state,
                "stage": job.stage,
                "progress": job.progress,
                "queue_position": job.queue_position,
                "preview_url": job.preview,
                "created_at": job.created_at,
                "finished_at": job.finished_at,
                "answer": answer,
            }
        )


class JobDataJson(_Json):
    job: JobJson


class UploadedJson(_Json):
    original: OriginalJson
    cartoon: CartoonJson


class RegeneratedJson(_Json):
    cartoon: CartoonJson


class DownloadedJson(_Json):
    downloaded_face: DownloadedFaceJson


class OriginalsJson(_Json):
    originals: list[ListedOriginalJson]
    count: Annotated[int, Field(description="How many are in this reply.", examples=[1])]


class CartoonsJson(_Json):
    cartoons: list[CartoonJson]
    count: Annotated[int, Field(description="How many are in this reply.", examples=[1])]


class DownloadedFacesJson(_Json):
    downloaded_faces: list[ListedFaceJson]
    pagination: PaginationJson


class StylesJson(_Json):
    styles: Annotated[list[StyleJson], Field(description="The default first.")]


class DeletedJson(_Json):
    """How much is gone."""

    originals: Annotated[int, Field(examples=[1])]
    cartoons: Annotated[int, Field(examples=[3])]
    faces: Annotated[int, Field(examples=[1])]
    files: Annotated[
        int,
        Field(
            description="Fewer than the sum when the disk refused; the sweeper deletes the rest.",
            examples=[5],
        ),
    ]

    @classmethod
    def of(cls, erased: Erased) -> Self:
        return cls(
            originals=erased.originals, cartoons=erased.cartoons, faces=erased.faces, files=erased.files
        )


class ErasedJson(_Json):
    deleted: DeletedJson


class _ExportedJson(_Json):
    id: Id
    file: Annotated[str, Field(description="Where in the archive.", examples=["originals/1736…_….jpg"])]
    file_size: FileSize
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    created_at: Moment


class ExportedOriginalJson(_ExportedJson):
    pass


class ExportedCartoonJson(_ExportedJson):
    original_id: Id
    style: str | None
    seed: int | None
    faces: list[FaceJson] | None


class ExportedFaceJson(_ExportedJson):
    original_id: Id


class ManifestJson(_Json):
    """What `manifest.json` of an export says."""

    exported_at: Moment
    first_seen_at: Moment | None
    last_seen_at: Moment | None
    originals: list[ExportedOriginalJson]
    cartoons: list[ExportedCartoonJson]
    downloaded_faces: list[ExportedFaceJson]
    missing: Annotated[list[str], Field(description="Files that should be here and were not found.")]


class HealthJson(_Json):
    status: Literal["ok"] = "ok"


class ReadyJson(_Json):
    status: Literal["ready"] = "ready"
    studio: Literal["ready", "unavailable", "unknown"] = Field(
        description="`unknown` when the AI server is another that doesn't tell."
    )


class Success(_Json, Generic[Data]):
    """Every success looks like this."""

    success: Literal[True] = True
    data: Data


Seed = Annotated[int | None, Field(ge=0, le=MAX_SEED, description="Another seed, another drawing.")]
StyleName = Annotated[str | None, Field(description="One of `/api/styles`.", examples=["comic"])]


class UploadForm(_Json):
    """What an upload may carry."""

    image: Annotated[
        bytes,
        Field(description="JPEG, PNG, WebP, HEIC or AVIF, at most 10 MB."),
        WithJsonSchema(
            {
                "type": "string",
                "format": "binary",
                "description": "JPEG, PNG, WebP, HEIC or AVIF, at most 10 MB.",
            }
        ),
    ]
    style: StyleName = None
    seed: Seed = None


class RegenerateBody(_Json):
    """What a regeneration may ask for. What is left out moves on, so that each drawing differs."""

    style: StyleName = None
    seed: Seed = None


class DownloadBody(_Json):
    """How a face may be cut."""

    format: Annotated[FaceFormat | None, Field(description="jpg when left out.")] = None
    shape: Annotated[FaceShape | None, Field(description="head when left out.")] = None
    face: Annotated[
        int | None,
        Field(ge=0, le=MAX_FACE, description="Which of the cartoon's faces; the main one when left out."),
    ] = None
    sticker: Annotated[
        bool | None, Field(description="True: an even white outline; a square, which has no edge, gets none.")
    ] = None
    level: Annotated[bool | None, Field(description="True: a tilted head is turned upright.")] = None
    size: Annotated[
        int | None,
        Field(
            ge=CUT_SIDES[0],
            le=CUT_SIDES[1],
            description="Pixels of the longer side; as large as in the cartoon when left out.",
        ),
    ] = None
