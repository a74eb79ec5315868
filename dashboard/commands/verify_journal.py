"""Is the journal as it was written, and whole?"""

import argparse
import sys
from contextlib import closing

from tqdm import tqdm

from dashboard.commands._shared import add_store, settings_of, store_of
from dashboard.commands._stopping import heed
from layers.store import journal

NAME = "verify-journal"
HELP = "read the whole journal and say whether every entry is as it was sealed; names the first that is not, or where it was cut"
EXAMPLE = "python -m dashboard verify-journal"
BROKEN = 1


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add_store(parser)


def run(args: argparse.Namespace) -> int:
    """Tell the verdict; exit code 1 unless the journal is whole."""
    with (
        closing(store_of(settings_of(args))) as store,
        tqdm(desc="journal", unit=" entries", file=sys.stderr, disable=not sys.stderr.isatty(), leave=False) as bar,
    ):

        def report(done: int) -> None:
            heed()
            bar.update(done - bar.n)

        verdict = journal.verify(store, report)
    print(line(verdict))
    return 0 if verdict.whole else BROKEN


def line(verdict: journal.Verdict) -> str:
    """Return the verdict as a line for a terminal."""
    if verdict.whole:
        return f"journal whole: {verdict.entries:,} entries, each as it was sealed"
    zh, en = verdict.why
    return f"journal BROKEN at entry {verdict.broken}: {en} {zh}"
