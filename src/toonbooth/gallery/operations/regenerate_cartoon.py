"""Draws a photo again, differently."""

import random
from collections.abc import Awaitable, Callable
from typing import Final

from bson import ObjectId
from sqlalchemy.ext.asyncio import AsyncSession

from toonbooth.contract import MAX_SEED
from toonbooth.gallery.blobs.interface import Blob
from toonbooth.gallery.database.repositories import CartoonRepository, DeviceRepository, OriginalRepository
from toonbooth.gallery.database.tables import RegeneratedCartoon
from toonbooth.gallery.devices import DeviceId
from toonbooth.gallery.errors import CartoonNotFoundError, OriginalNotFoundError
from toonbooth.gallery.operations.drawing import check_style, draw
from toonbooth.gallery.operations.new_blobs import new_blobs
from toonbooth.gallery.services import Services
from toonbooth.gallery.studio_progress import Listener
from toonbooth.gallery.wishes import DrawingWishes

_LONGEST_STEP: Final = 1000


async def regenerate_cartoon(
    services: Services,
    device: DeviceId,
    original_id: ObjectId,
    wishes: DrawingWishes,
    *,
    on_commit: Callable[[AsyncSession, RegeneratedCartoon], Awaitable[None]],
    listener: Listener | None = None,
) -> None:
    """Add a cartoon to an original; `on_commit` runs in the transaction that adds it; a listener
    hears how far the drawing is.

    Raises
    ------
    OriginalNotFoundError, PictureNotFoundError
        When the original, or its file, isn't there.
    CartoonNotFoundError
        When a download has overtaken the drawing.
    AppError
        What the studio's client raises. Nothing is stored then.
    """
    async with services.database.reading() as session:
        original = await OriginalRepository(session, device).get(original_id)
        last = await CartoonRepository(session, device).find_last_of(original_id)
    photo = Blob(key=original.key, size=(await services.blobs.stat(original.key)).size)
    await check_style(services, wishes.style)
    names = [style.name for style in await services.studio.list_styles()]
    different = move_on(wishes, last, style_names=names, rng=random.SystemRandom())
    async with new_blobs(services.blobs) as files:
        drawing = await draw(
            services, files, photo, original_id=original_id, wishes=different, listener=listener
        )
        async with services.database.transaction() as session:
            try:
                cartoon = await drawing.add(session, device, original)
            except OriginalNotFoundError as error:
                raise CartoonNotFoundError from error
            await DeviceRepository(session, device).touch(now=services.read_clock())
            await on_commit(session, cartoon)
            files.hand_over(now=services.read_clock())


def move_on(
    wishes: DrawingWishes, last: RegeneratedCartoon | None, *, style_names: list[str], rng: random.Random
) -> DrawingWishes:
    """Wish for another drawing than the last one: what the client leaves open moves on.

    The seed moves on by chance, so that two requests at once, a double tap, don't draw the same. A studio
    without styles is asked for none.
    """
    if last is None:
        # A download has deleted the drawings there were.
        seed, style = rng.randint(0, MAX_SEED), None
    else:
        seed = ((last.seed or 0) + rng.randint(1, _LONGEST_STEP)) % (MAX_SEED + 1)
        style = _next_name(last.style, style_names)
    return DrawingWishes(
        style=style if wishes.style is None else wishes.style,
        seed=seed if wishes.seed is None else wishes.seed,
    )


def _next_name(last: str | None, names: list[str]) -> str | None:
    if not names:
        return None
    return names[(names.index(last) + 1) % len(names)] if last in names else names[0]
