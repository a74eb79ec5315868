"""Persons page by page in the order of their ids: however many there are, one page is held at a time.

Behind a page stand no sort, no window and no open read, only a range of an index. Pages are read apart and belong together
all the same, because what was known at a view's clocks never changes.
"""

from collections.abc import Iterator
from typing import Any

import pandas as pd
from sqlalchemy import Select, and_, func, select

from layers._view import View
from layers.store.asof import begun, inside, known
from layers.store.care import title
from layers.store.database import Store
from layers.store.people import COLUMNS, PLACED
from layers.store.schema import compound, person, person_status, placement
from layers.store.totals import ranked

PAGE = 2_000  # persons


def paged(store: Store, view: View, kind: str, size: int = PAGE) -> Iterator[pd.DataFrame]:
    """Yield the persons of a kind in the view's area: COLUMNS, PLACED, `place` (its compound's name, as a person gave it or else as delivered), status, since.

    Statuses are those of the day of `as_of`; who had none by then is left out, so a page may be shorter than `size`, or empty.
    """
    after: str | None = ""
    while after is not None:
        page, after = _page(store, view, kind, after, size)
        yield page
        del page  # before the next one is read


def number(view: View, kind: str) -> Select[Any]:
    """Return n: how many persons of a kind are in the view's area, those without a status too. Counted without a sort."""
    return select(func.count().label("n")).select_from(_joined(view)).where(*_mine(view, kind))


def _page(store: Store, view: View, kind: str, after: str, size: int) -> tuple[pd.DataFrame, str | None]:
    """One page, and the id after which the next one begins; None where there is none."""
    columns = [*(person.c[name] for name in COLUMNS), *(placement.c[name] for name in PLACED)]
    named = and_(compound.c.key == placement.c.compound, known(compound, view))
    query = select(*columns, title(view).label("place")).select_from(_joined(view).outerjoin(compound, named))
    ranged = query.where(*_mine(view, kind), person.c.subject > after).order_by(person.c.subject).limit(size)
    rows = store.read(ranged)
    ids = rows["subject"]
    steps = store.read(_statuses(view, kind, ids.iloc[0], ids.iloc[-1])) if len(rows) else _nothing()
    store.let_go()
    last = steps.sort_values(["since", "rank", "id"], kind="stable").drop_duplicates("subject", keep="last")
    return rows.merge(last.drop(columns=["rank", "id"]), on="subject"), ids.iloc[-1] if len(rows) == size else None


def _joined(view: View) -> Any:
    return person.join(placement, and_(placement.c.key == person.c.key, known(placement, view)))


def _mine(view: View, kind: str) -> tuple[Any, ...]:
    return person.c.kind == kind, known(person, view), inside(placement, view)


def _statuses(view: View, kind: str, first: str, last: str) -> Select[Any]:
    s = person_status.c
    mine = (s.kind == kind, s.dimension == "status", known(person_status, view), begun(person_status, view))
    query = select(
        s.id, s.subject, s.value.label("status"), s.happened_at.label("since"), ranked(s.value).label("rank")
    )
    return query.where(s.subject.between(first, last), *mine)


def _nothing() -> pd.DataFrame:
    return pd.DataFrame({"id": [], "subject": [], "status": [], "since": [], "rank": []}, dtype=object)
