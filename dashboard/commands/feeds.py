"""Describe the feeds."""

import argparse

from dashboard.text import span
from layers.intake._feed import Column, Feed
from layers.intake._personal import KEPT
from layers.intake.feeds import all_feeds, feed_named

NAME = "feeds"
HELP = "describe what each feed expects: columns in both languages, types, codes, keys, steward, freshness"
EXAMPLE = "python -m dashboard feeds cases"


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("feed", nargs="?", metavar="FEED")


def run(args: argparse.Namespace) -> int:
    """Print one feed, or a line for each."""
    if not args.feed:
        for feed in all_feeds().values():
            print(
                f"{feed.name:12} {feed.title[0]} {feed.title[1]} · {feed.steward[0]} · every {span(feed.promise, 'en')}"
            )
        return 0
    feed = feed_named(args.feed)
    print(f"{feed.name}: {feed.title[0]} {feed.title[1]}")
    print(
        f"  steward {feed.steward[0]} ({feed.steward[1]}); promised every {span(feed.promise, 'en')}; kept {span(feed.retention, 'en') if feed.retention else 'as long as the store'}"
    )
    for column in feed.columns:
        marks = ", ".join(filter(None, ["required" if column.required else "", _personal(feed, column), column.unit]))
        print(f"  {column.name:14} {column.zh:8} {column.type:8} {column.meaning}{f' [{marks}]' if marks else ''}")
        if column.codes:
            print(f"  {'':14} codes: {', '.join(dict.fromkeys(column.codes.values()))}")
    return 0


def _personal(feed: Feed, column: Column) -> str:
    """What is declared about a column that tells about a person."""
    told = column.personal
    if told is None:
        return ""
    kept = f"{feed.retention_of(column)}".removesuffix(", 0:00:00")
    sort = "sensitive" if told.sensitive else "personal"
    return f"{sort}, {KEPT[told.kept][1]}, at most {kept}: {told.purpose[1]}"
