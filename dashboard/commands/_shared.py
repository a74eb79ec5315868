"""What commands share: times, stores, progress."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from tqdm import tqdm

from dashboard.access import district_titles, place_of
from dashboard.commands._stopping import heed
from dashboard.settings import Settings, SettingsError, from_environment
from layers._errors import ViewError
from layers._times import parse_time
from layers._view import View
from layers.store import Store, open_store
from layers.store.engine import EXAMPLE, KNOWN


def settings_of(args: argparse.Namespace) -> Settings:
    """Return the settings of the environment with what the command line states; a store that can be no store is refused."""
    names = ("store", "host", "port", "mode")
    settings = from_environment(**{name: getattr(args, name, None) for name in names})
    _store_url(settings.store)
    return settings


def store_file(settings: Settings) -> Path | None:
    """Return the file of an SQLite store, None for a store on a database server."""
    url = _store_url(settings.store)
    return Path(str(url.database)) if url.get_backend_name() == "sqlite" else None


def store_of(settings: Settings, *, must_exist: bool = True) -> Store:
    """Open the store of the settings."""
    return open_store(settings.store, settings.mode, must_exist=must_exist, keys=settings.keys)


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
    parser.add_argument(
        "--known-at", metavar="T", help="knowledge clock: what was known by then; alone it is the event clock too"
    )
    parser.add_argument("--area", default="", metavar="CODE", help="district code; default the whole city")
    parser.add_argument("--lang", choices=("zh", "en"), default="zh")


def view_of(args: argparse.Namespace, store: Store) -> View:
    """Return the view that the command line states; an empty store and an area that it does not know are refused."""
    times = {"as_of": args.as_of, "known_at": args.known_at}
    view = store.view(area=args.area, **{name: parse_time(text) for name, text in times.items() if text})
    require_facts(store)
    _require_area(store, view)
    return view


def require_facts(store: Store) -> None:
    """Raise ViewError where nothing was ever imported."""
    if is_empty(store):
        raise ViewError("the store holds nothing yet: import files first (python -m dashboard import --help)")


def is_empty(store: Store) -> bool:
    """Return whether nothing was ever imported."""
    return store.revision(store.latest()) == 0


def _require_area(store: Store, view: View) -> None:
    if view.level != "city" and place_of(store, view.area) is None:
        names = ", ".join(f"{code} {name}" for code, name in district_titles(store).items())
        raise ViewError(
            f"area {view.area!r} is not known; wanted a district ({names or 'none is known'}), CODE/STREET or compound:CODE"
        )


def _store_url(text: str) -> URL:
    """The URL of a store that can be opened here and keeps what it is given, else SettingsError."""
    shown = repr(text)
    try:
        url = make_url(text)
        shown = repr(url)  # without its password
        dialect = url.get_dialect()
    except (ArgumentError, ValueError) as error:
        raise SettingsError(
            f"store {shown} is no URL of a database that is known here; wanted for example sqlite:///var/fangyi.db "
            "or postgresql+psycopg://USER@HOST/DATABASE"
        ) from error
    if dialect.name not in KNOWN:
        raise SettingsError(f"store {shown}: a store lives in SQLite or PostgreSQL; wanted sqlite:///FILE or {EXAMPLE}")
    try:
        dialect.import_dbapi()
    except ImportError as error:
        raise SettingsError(f"store {shown}: the driver of this database is not installed ({error})") from error
    if url.get_backend_name() == "sqlite" and url.database in (None, "", ":memory:"):
        raise SettingsError(f"store {shown} names no file, so nothing would be kept; wanted sqlite:///FILE")
    return url


def rows_bar(path: Path, total: Callable[[], int] | None = None) -> tuple[Callable[[int], None], Callable[[], None]]:
    """Return (report, finish) of a progress bar over the rows of a file; quiet, and nothing counted, when nobody watches."""
    watched = sys.stderr.isatty()
    rows = total() if total and watched else None
    bar = tqdm(desc=path.name, total=rows, unit=" rows", file=sys.stderr, disable=not watched, leave=False)

    def report(done: int) -> None:
        heed()
        bar.update(done - bar.n)

    return report, bar.close
