"""What backup, restore and verify-store share: the bar over their rows, and the folder of the keys."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tqdm import tqdm

from dashboard.commands._shared import store_file
from dashboard.commands._stopping import heed
from dashboard.settings import Settings, SettingsError
from layers.store.backups import Step


@contextmanager
def rows_told() -> Iterator[Step]:
    """Give what long work reports to; it draws a bar when somebody watches, and stops the work when somebody asked."""
    with tqdm(unit=" rows", file=sys.stderr, disable=not sys.stderr.isatty(), leave=False) as bar:

        def step(zh: str, en: str, done: int, total: int) -> None:
            heed()
            bar.set_description_str(f"{en} {zh}", refresh=False)
            bar.total = total
            bar.update(done - bar.n)

        yield step


def keys_of(settings: Settings) -> Path:
    """Return the folder of the keys: the one that is named, else beside the store's file."""
    file = store_file(settings)
    if settings.keys is None and file is None:
        raise SettingsError("a store on a server keeps its keys apart from it; wanted a folder in FANGYI_KEYS")
    return settings.keys or Path(str(file)).parent / "keys"
