"""Every kind of delivery, one module each; a new module is a new feed."""

import importlib
import pkgutil
from functools import cache

from layers._errors import FeedError
from layers.intake._feed import Feed


@cache
def all_feeds() -> dict[str, Feed]:
    """Return the feeds by name, in alphabetical order."""
    found = [importlib.import_module(f"{__name__}.{m.name}").FEED for m in pkgutil.iter_modules(__path__)]
    return {feed.name: feed for feed in sorted(found, key=lambda feed: feed.name)}


def feed_named(name: str) -> Feed:
    """Return one feed; an unknown name is refused with the list of names."""
    try:
        return all_feeds()[name]
    except KeyError:
        raise FeedError(f"there is no feed {name!r}; wanted one of: {', '.join(all_feeds())}") from None
