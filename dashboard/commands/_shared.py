"""What commands share: times, stores, progress."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from tqdm import tqdm

from dashboard.settings import Settings, from_environment
from layers._times import parse_time
from layers._view import View
from layers.store import Store, open_store


def settings_of(args: argparse.Namespace) -> Settings:
    """Return the settings of the environment with what the command line states."""
    names = ("store", "host", "port", "mode")
    return from_environment(**{name: getattr(args, name, None) for name in names})


def store_of(settings: Settings, *, must_exist: bool = True) -> Store:
    """Open the store of the settings."""
    return open_store(settings.store, settings.mode, must_exist=must_exist)


def add_store(parser: argparse.ArgumentParser) -> None:
    """Add --store and --mode."""
    parser.add_argument(
        "--store", metavar="URL", help="store to use (default: FANGYI_STORE, else var/drill.db in a drill)"
    )
    parser.add_argument("--mode", choices=("drill", "production"), help="default: FANGYI_MODE, else drill")


def add_view(parser: argparse.ArgumentParser) -> None:
    """Add the two clocks and the area."""
    parser.add_argument(
        "--as-of",
        metavar="T",
        help="event clock, ISO 8601, Asia/Shanghai when naive; a bare date is the end of that day",
    )
    parser.add_argument("--known-at", metavar="T", help="knowledge clock: what was known by then")
    parser.add_argument("--area", default="", metavar="CODE", help="district code; default the whole city")
    parser.add_argument("--lang", choices=("zh", "en"), default="zh")


def view_of(args: argparse.Namespace, store: Store) -> View:
    """Return the view that the command line states."""
    times = {"as_of": args.as_of, "known_at": args.known_at}
    return store.view(area=args.area, **{name: parse_time(text) for name, text in times.items() if text})


def rows_bar(path: Path) -> tuple[Callable[[int], None], Callable[[], None]]:
    """Return (report, finish) of a progress bar over the rows of a file; quiet when nobody watches."""
    bar = tqdm(desc=path.name, unit=" rows", file=sys.stderr, disable=not sys.stderr.isatty(), leave=False)

    def report(done: int) -> None:
        bar.update(done - bar.n)

    return report, bar.close
