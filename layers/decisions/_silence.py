"""How far the deliveries behind a plan reach: silence after the last one is no news, and no news is not good news."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

import pandas as pd

from layers._promises import PROMISES
from layers._times import SHANGHAI, ended_day
from layers._view import View
from layers.decisions._inputs import blank, complete_day
from layers.decisions._proposal import Words
from layers.decisions._words import listed
from layers.store import Store, deliveries

HEARD = "feed source last"


def no_deliveries() -> pd.DataFrame:
    """Return the table `hear` returns, without rows."""
    return blank(HEARD)


def hear(store: Store, view: View, feeds: Iterable[str]) -> pd.DataFrame:
    """Return feed, source, last (time of its newest delivery known at the view) of the named feeds."""
    rows = store.read(deliveries.heard(view))
    return rows.loc[rows["feed"].isin(list(feeds)), HEARD.split()].sort_values(["feed", "source"], ignore_index=True)


@dataclass(frozen=True)
class Silence:
    """What the feeds of a plan have not told by `as_of`.

    heard  as `hear` returns it
    feeds  those the plan rests on, the weightiest first
    """

    heard: pd.DataFrame
    view: View
    feeds: tuple[str, ...]
    _last: dict[str, datetime] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        last = self.heard.groupby("feed")["last"].max()
        object.__setattr__(self, "_last", {str(feed): moment for feed, moment in last.items()})

    def never(self, feed: str) -> bool:
        """Return whether the feed has not delivered at all."""
        return feed not in self._last

    def overdue(self, feed: str) -> bool:
        """Return whether the feed is later at `as_of` than it promised to be, or never came."""
        return self.never(feed) or self._late(feed, self._last[feed])

    def last_day(self, feed: str) -> int:
        """Return the last day that has ended by `as_of` and by the feed's newest delivery; of a feed that never came, by `as_of`."""
        complete = complete_day(self.view)
        return complete if self.never(feed) else min(complete, ended_day(self._last[feed]))

    def short(self, feed: str) -> Words:
        """Return in a few words that a feed is overdue: its name, its last delivery, its promise."""
        promise = PROMISES[feed]
        zh, en = promise.written
        if self.never(feed):
            return Words(f"“{promise.zh}”从未报送（承诺{zh}）", f"{promise.en}: never delivered (promised every {en})")
        last = _written(self._last[feed])
        return Words(
            f"“{promise.zh}”超期：末次报送{last}（承诺{zh}）",
            f"{promise.en} overdue: last delivery {last} (promised every {en})",
        )

    def unsaid(self, numbers: dict[str, float], feed: str, names: Iterable[str]) -> dict[str, float]:
        """Return figures in which no 0 stands for what a feed that never came would tell: nobody told, which is not nobody."""
        return numbers | {name: float("nan") for name in names if self.never(feed) and numbers[name] == 0}

    def untold(self, rows: pd.DataFrame, feed: str, names: Iterable[str]) -> pd.DataFrame:
        """Return rows in which no 0 stands for what a feed that never came would tell."""
        return rows.assign(**{name: rows[name].mask(rows[name] == 0) for name in names if self.never(feed)})

    @property
    def late(self) -> tuple[str, ...]:
        """The overdue feeds, the weightiest first."""
        return tuple(feed for feed in self.feeds if self.overdue(feed))

    @property
    def headlines(self) -> tuple[Words, ...]:
        """One short sentence per overdue feed."""
        return tuple(self.short(feed) for feed in self.late)

    def caveats(self, consequence: dict[str, Words] | None = None) -> tuple[Words, ...]:
        """Return what a plan must say first: its overdue feeds and what follows, then single sources that fell silent."""
        found = []
        for feed in self.late:
            short, then = self.short(feed), (consequence or {}).get(feed, NOTHING_NEWER)
            found.append(Words(f"{short.zh}。{then.zh}", f"{short.en}. {then.en}"))
        return (*found, *(words for feed in self.feeds if (words := self._sources(feed))))

    def quiet(self, feed: str) -> list[tuple[str, datetime]]:
        """Return the sources of a feed that are later than it promised, each with its last delivery, while others still deliver."""
        if self.overdue(feed):
            return []
        rows = self.heard[self.heard["feed"] == feed]
        return [
            (str(source), last)
            for source, last in zip(rows["source"], rows["last"], strict=True)
            if self._late(feed, last)
        ]

    def _sources(self, feed: str) -> Words | None:
        """The silent ones among several sources of a feed that is not overdue itself."""
        quiet = self.quiet(feed)
        if not quiet:
            return None
        names = listed(
            [Words(f"{source}（末次{_written(last)}）", f"{source} (last {_written(last)})") for source, last in quiet]
        )
        zh, en = PROMISES[feed].written
        return Words(
            f"“{PROMISES[feed].zh}”有来源超期，承诺{zh}：{names.zh}。其他来源仍在报送，只由它报告的可能缺失。",
            f"{PROMISES[feed].en}: a source is overdue, promised every {en}: {names.en}. Others still deliver; what only it "
            "reports may be missing.",
        )

    def _late(self, feed: str, last: datetime) -> bool:
        return self.view.as_of - last > PROMISES[feed].within


NOTHING_NEWER = Words("此后的情况不明。", "What has happened since is not known.")


def _written(moment: datetime) -> str:
    return f"{moment.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
