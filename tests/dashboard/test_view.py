"""Where an address leads: what it may say, and how much of it."""

import pytest

from dashboard.prints import choice_of
from dashboard.view import read
from layers._errors import ViewError
from layers.store import open_store


def test_a_long_list_of_districts_is_read_whole_and_a_longer_one_refused_in_both_languages(tmp_path):
    codes = [f"42{n:04}" for n in range(100)]
    store = open_store(f"sqlite:///{tmp_path}/city.db")
    here = read("/briefing", f"?districts={','.join(codes)}", store)
    assert choice_of(here).districts == tuple(codes)
    with pytest.raises(ViewError, match="2100 characters; wanted at most 2000") as refused:
        read("/briefing", f"?districts={'420102,' * 300}", store)
    assert "2100 个字符" in refused.value.said("zh")
