"""Every feed, found by itself, keeps the promises of a feed."""

import pytest

from layers._errors import FeedError
from layers._promises import PROMISES
from layers.intake.feeds import all_feeds
from layers.store import open_store
from layers.store.schema import FACTS
from tests import city

FEEDS = all_feeds().values()


def test_every_promise_belongs_to_a_feed():
    assert set(PROMISES) == set(all_feeds())


@pytest.fixture(params=FEEDS, ids=lambda feed: feed.name)
def feed(request):
    return request.param


def test_says_everything_in_both_languages(feed):
    words = [
        feed.title,
        feed.steward,
        *((c.zh, c.meaning) for c in feed.columns),
        *((c.meaning_zh, c.meaning) for c in feed.columns),
    ]
    assert all(zh and en for zh, en in words)


def test_is_called_and_promises_what_decisions_judge_it_by(feed):
    promise = PROMISES[feed.name]
    assert (promise.zh, promise.en, promise.within) == (*feed.title, feed.promise)


def test_column_names_and_headings_are_unique(feed):
    names = [c.name for c in feed.columns] + [c.zh for c in feed.columns]
    assert len(names) == len(set(names))


def test_parts_name_columns_that_exist_on_both_sides(feed):
    columns = {c.name for c in feed.columns}
    for part in feed.parts:
        table = FACTS[part.table]
        assert set(part.key) <= columns
        assert set(part.columns.values()) <= columns
        assert {*part.columns, *part.constants} <= set(table.columns.keys())
        assert not part.event or part.event in columns


def test_keys_and_events_are_required(feed):
    """An event without a time, or a record without a key, could not be stored."""
    required = {c.name for c in feed.columns if c.required}
    for part in (p for p in feed.parts if not p.number_repeats):
        event = feed.column(part.event) if part.event else None
        assert event is None or event.required or event.default in required
        assert part.key[0] in required


def test_checks_name_their_column(feed):
    assert {check.column for check in feed.checks} <= {c.name for c in feed.columns}


def test_a_file_without_its_columns_is_refused_by_name(feed, tmp_path):
    path = city.table(tmp_path / "x.csv", [{"nonsense": "1", "more": "2"}])
    with pytest.raises(FeedError, match="is missing; found"):
        city.deliver(open_store(f"sqlite:///{tmp_path / 's.db'}", "drill"), feed.name, path, "2020-02-10")


def test_a_title_over_the_columns_is_told_with_its_row(feed, tmp_path):
    path = city.table(tmp_path / "x.csv", [{"nonsense": "1"}])
    with pytest.raises(FeedError, match="row 1 holds one value only"):
        city.deliver(open_store(f"sqlite:///{tmp_path / 's.db'}", "drill"), feed.name, path, "2020-02-10")
