"""Build the drill store."""

import argparse
import sys
import tempfile
from pathlib import Path

from sqlalchemy.engine import make_url
from tqdm import tqdm

from dashboard.commands._shared import settings_of, store_file
from dashboard.commands._stopping import heed
from dashboard.settings import Settings, SettingsError
from layers.scenario.build import build, last_day
from layers.store import open_store

NAME = "drill"
HELP = "build the drill city: write the files that providers would send and import them day by day"
EXAMPLE = "python -m dashboard drill --days 37"
ROWS = {
    "rows": "read",
    "rejected": "rejected",
    "warned": "warned",
}  # what became of what the files hold, and of the facts that their rows tell
FACTS = {name: name for name in ("new", "changed", "unchanged", "older", "withdrawn")}


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("--days", type=int, help="days from 2020-01-20 (default: to 25 February)")
    parser.add_argument("--small", action="store_true", help="a small city, in seconds")
    parser.add_argument("--seed", type=int, default=20200211)
    parser.add_argument("--store", metavar="URL", help="default: var/drill.db")
    parser.add_argument(
        "--files", type=Path, metavar="FOLDER", help="where the delivered files are kept (default: var/drill)"
    )


def run(args: argparse.Namespace) -> int:
    """Build beside the old store, then take its place: a build that was stopped changes nothing."""
    settings = settings_of(args)
    final = _place(settings)
    last_day(args.days, small=args.small)
    kept = args.files or settings.var / "drill"
    fresh = final.with_name(final.name + ".new")
    kept.parent.mkdir(parents=True, exist_ok=True)
    _remove(fresh)
    bar = tqdm(
        total=1,
        file=sys.stderr,
        disable=not sys.stderr.isatty(),
        unit="",
        bar_format="{desc:44} |{bar:30}| {n_fmt}/{total_fmt} {elapsed}",
    )

    def progress(done: int, total: int, zh: str, en: str) -> None:
        bar.total = total
        bar.set_description_str(f"{en} {zh}"[:44], refresh=False)
        heed()
        bar.update(done - bar.n)

    try:
        with (
            tempfile.TemporaryDirectory(prefix="drill-", dir=kept.parent) as folder,
            tempfile.TemporaryDirectory(prefix="keys-", dir=kept.parent) as keys,
        ):
            store = open_store(f"sqlite:///{fresh}", "drill", durable=False, keys=Path(keys))
            report = build(store, Path(folder), days=args.days, small=args.small, seed=args.seed, progress=progress)
            store.close()
            heed()
            for one in (store.sealer, store.ring):
                one.move(settings.keys or final.parent / "keys")
            _remove(final)
            fresh.replace(final)
            _move(Path(folder), kept)
    finally:
        bar.close()
        _remove(fresh)
    facts, rows = (
        ", ".join(f"{report.counts[name]:,} {word}" for name, word in words.items()) for words in (FACTS, ROWS)
    )
    print(f"{final}: {report.deliveries:,} deliveries in {report.seconds:.0f} s; rows: {rows}; facts: {facts}")
    return 0


def _place(settings: Settings) -> Path:
    """The file that the drill is built into; a database server, or a file that holds something else, is refused."""
    if not settings.is_drill:
        raise SettingsError("FANGYI_MODE is production; a drill is built only in drill mode")
    final = store_file(settings)
    if final is None:
        raise SettingsError(f"store {make_url(settings.store)!r}: a drill is built into a file; wanted sqlite:///FILE")
    if final.is_dir() or (final.exists() and final != settings.var / "drill.db"):
        open_store(f"sqlite:///{final}", "drill", keys=settings.keys).close()  # refuses what is no drill
    return final


def _move(folder: Path, kept: Path) -> None:
    """Put the delivered files in place of those of the drill before."""
    kept.mkdir(exist_ok=True)
    for old in kept.glob("drill_*"):
        old.unlink()
    for new in folder.iterdir():
        new.replace(kept / new.name)


def _remove(path: Path) -> None:
    for name in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
        name.unlink(missing_ok=True)
