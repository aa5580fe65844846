"""What all galleries together have let through of each rate limit, by `toonbooth.kit.portions`."""

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from toonbooth.gallery.database.tables import RateWindow
from toonbooth.kit.portions import Claim, Grant


class PortionRepository:
    """Knows devices and addresses by names only that tell nobody who they are."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def take(self, claim: Claim) -> Grant:
        """Count what was used, and take as much of what is wanted as is left."""
        query = select(RateWindow).where(RateWindow.name == claim.name).with_for_update()
        window = await self._session.scalar(query)
        if window is None:
            await self._begin(claim)
            window = (await self._session.scalars(query)).one()
        if window.ends_at <= claim.now:
            window.ends_at, window.taken = claim.ends_at, 0
        amount = min(claim.wanted, max(0, claim.most - window.taken - claim.used))
        window.taken += claim.used + amount
        await self._session.flush()
        return Grant(amount, window.ends_at)

    async def _begin(self, claim: Claim) -> None:
        try:
            async with self._session.begin_nested():
                self._session.add(RateWindow(name=claim.name, ends_at=claim.ends_at, taken=0))
        except IntegrityError:
            return  # Another gallery on the same database was a moment faster.
