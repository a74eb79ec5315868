"""Tell a corrected date from a second episode: confirmed, cured and confirmed again are three steps of one person."""

from collections import defaultdict

import pandas as pd
from sqlalchemy import select

from layers.intake.receipt import Receipt
from layers.store.schema import FOREVER, person_status
from layers.store.writing import KEYS_A_QUERY, Batch, chunks

Steps = dict[str, tuple[str, int]]  # key -> value, happened_at


def numbered(opened: Batch, kind: str, rows: pd.DataFrame, receipt: Receipt) -> pd.DataFrame:
    """Return the steps with keys in which each episode has its own: `key`, then `key|2`, `key|3`.

    rows  key, subject, dimension, value, happened_at (ms), in the order of the file
    A date that differs from the one believed corrects it, unless a step of another value lies strictly between the two.
    """
    open_to_doubt = _doubtful(opened, rows)
    if not open_to_doubt:
        return rows
    believed = _believed(opened, kind, str(rows["dimension"].iloc[0]), open_to_doubt)
    told: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
    for subject, value, at in zip(rows["subject"], rows["value"], rows["happened_at"], strict=True):
        if subject in open_to_doubt:
            told[subject].append((value, int(at)))
    keys = []
    for key, subject, value, at in zip(rows["key"], rows["subject"], rows["value"], rows["happened_at"], strict=True):
        if subject in open_to_doubt:
            steps = believed[subject]
            key = _episode(key, value, int(at), steps, told[subject])
            steps[key] = (value, int(at))
        keys.append(key)
    again = sum("|" in key.removeprefix(old) for key, old in zip(keys, rows["key"], strict=True))
    if again:
        receipt.note(
            f"{again} 条状态为再次发生（其间有其他状态）",
            f"{again} statuses begin a second episode: another lies between",
        )
    return rows.assign(key=keys)


def _episode(key: str, value: str, at: int, steps: Steps, told: list[tuple[str, int]]) -> str:
    """The key of the believed episode that a step belongs to, or of a new one."""
    others = [day for other, day in (*steps.values(), *told) if other != value]
    mine = {k: day for k, (v, day) in steps.items() if v == value}
    same = [k for k, day in mine.items() if not any(min(day, at) < other < max(day, at) for other in others)]
    if same:
        return min(same, key=lambda k: (abs(mine[k] - at), k))
    return key if key not in mine else f"{key}|{len(mine) + 1}"


def _doubtful(opened: Batch, rows: pd.DataFrame) -> set[str]:
    """Subjects with a step whose day differs from the believed one, or that has two days in these rows."""
    days = rows.drop_duplicates(["key", "happened_at"])
    twice = set(days.loc[days["key"].duplicated(), "subject"])
    known: dict[str, int] = {}
    for some in chunks(days["key"].tolist(), KEYS_A_QUERY):
        query = select(person_status.c.key, person_status.c.happened_at).where(
            person_status.c.key.in_(some), person_status.c.known_until == FOREVER
        )
        known |= dict(map(tuple, opened.connection.execute(query)))
    moved = [known.get(key, at) != at for key, at in zip(days["key"], days["happened_at"], strict=True)]
    return twice | set(days.loc[moved, "subject"])


def _believed(opened: Batch, kind: str, dimension: str, subjects: set[str]) -> defaultdict[str, Steps]:
    found: defaultdict[str, Steps] = defaultdict(dict)
    columns = (person_status.c.subject, person_status.c.key, person_status.c.value, person_status.c.happened_at)
    for some in chunks(sorted(subjects), KEYS_A_QUERY):
        query = select(*columns).where(
            person_status.c.subject.in_(some),
            person_status.c.kind == kind,
            person_status.c.dimension == dimension,
            person_status.c.known_until == FOREVER,
        )
        for subject, key, value, at in opened.connection.execute(query):
            found[subject][key] = (value, at)
    return found
