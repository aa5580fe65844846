"""The real networks, loaded once for all tests of this folder."""

import pytest

from toonbooth.portrait.analysis import PortraitAnalyser
from toonbooth.portrait.models import default_models_folder


@pytest.fixture(scope="session")
def analyser() -> PortraitAnalyser:
    return PortraitAnalyser(default_models_folder())
