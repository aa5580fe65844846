"""The ways of drawing, as the studio lists them."""

from typing import Annotated

from fastapi import APIRouter, Depends

from toonbooth.gallery.dependencies import get_services
from toonbooth.gallery.schemas import StyleJson, StylesJson, Success
from toonbooth.gallery.services import Services
from toonbooth.kit.openapi import describe_failures

router = APIRouter(tags=["styles"])


@router.get("/api/styles", summary="List the styles", responses=describe_failures())
async def get_styles(services: Annotated[Services, Depends(get_services)]) -> Success[StylesJson]:
    """What `style` may be, the default first. Empty when the AI server is another that has no such list."""
    styles = await services.studio.list_styles()
    return Success(data=StylesJson(styles=[StyleJson.of(style) for style in styles]))
