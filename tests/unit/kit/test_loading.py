import gc

import pytest

from toonbooth.kit.loading import nothing_collected


def test_what_is_loaded_is_overlooked_by_the_collector_which_goes_on_after_it() -> None:
    frozen = gc.get_freeze_count()
    with nothing_collected():
        assert not gc.isenabled()
        loaded: list[list[int]] = [[] for _ in range(1000)]
    assert gc.isenabled()
    assert gc.get_freeze_count() >= frozen + len(loaded)


def test_the_collector_goes_on_when_loading_fails() -> None:
    with pytest.raises(ImportError), nothing_collected():
        raise ImportError
    assert gc.isenabled()
