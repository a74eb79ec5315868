"""What a table is narrowed by, as the part of an address after # says it; as the grid and as a person want it.

An address `#compounds.district=has~江岸&compounds.now=ge~3&compounds=春风` narrows the table `compounds` to rows whose column
`district` contains 江岸 and whose `now` is at least 3, and in which some column contains 春风. The fragment never reaches the
server with a page, so a filter moves without the page being made again; a link that is passed on carries it all the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from dashboard.text import say

QUICK = ""  # the column of the text that is looked for in all of them
MOST = 16  # filters of one address
LONGEST = 80  # characters of one value
NUMBERS = "agNumberColumnFilter"
OPS: Mapping[
    str, str
] = {  # as the address says it -> as the grid says it; in words: `filters.op_...` of dashboard/words
    "has": "contains",
    "hasnt": "notContains",
    "is": "equals",
    "isnt": "notEqual",
    "starts": "startsWith",
    "ends": "endsWith",
    "lt": "lessThan",
    "le": "lessThanOrEqual",
    "gt": "greaterThan",
    "ge": "greaterThanOrEqual",
    "in": "inRange",
    "none": "blank",
    "any": "notBlank",
}
SHORT = {told: name for name, told in OPS.items()}
BARE = ("none", "any")  # need no value
FOR_NUMBERS = ("is", "isnt", "lt", "le", "gt", "ge", "in", *BARE)
FOR_TEXT = ("has", "hasnt", "is", "isnt", "starts", "ends", *BARE)


@dataclass(frozen=True)
class Filter:
    """One filter of a table; `column` is QUICK for the text that is looked for everywhere, `to` the end of a range."""

    table: str
    column: str
    op: str = "has"
    value: str = ""
    to: str = ""

    @property
    def part(self) -> tuple[str, str]:
        """The name and the value that stand for it in the address."""
        if self.column == QUICK:
            return self.table, self.value
        tail = [] if self.op in BARE else [self.value, self.to] if self.op == "in" else [self.value]
        return f"{self.table}.{self.column}", "~".join((self.op, *tail))


def read(fragment: str | None) -> tuple[Filter, ...]:
    """Return the filters of an address's fragment, in order; parts that are none (an anchor, a slip of the hand) are left out."""
    found = []
    for name, text in parse_qsl((fragment or "").lstrip("#"), keep_blank_values=True, max_num_fields=None)[:MOST]:
        table, _, column = name.partition(".")
        one = Filter(table, QUICK, "has", text) if not column else _of_column(table, column, text)
        if one is not None and is_whole(one):
            found.append(one)
    return tuple(found)


def _of_column(table: str, column: str, text: str) -> Filter | None:
    op, _, rest = text.partition("~")
    if op not in OPS:
        return None
    value, _, to = rest.partition("~") if op == "in" else (rest, "", "")
    return Filter(table, column, op, value, to)


def is_whole(one: Filter) -> bool:
    """Return whether a filter has what its kind needs: a value that is not blank, two numbers of a range."""
    values = () if one.op in BARE and one.column != QUICK else (one.value, one.to) if one.op == "in" else (one.value,)
    return bool(one.table) and all(text.strip() and len(text) <= LONGEST for text in values)


def written(filters: Sequence[Filter]) -> str:
    """Return the fragment that `read` reads, "" for no filter."""
    parts = [one.part for one in filters]
    return "#" + urlencode(parts, quote_via=quote, safe="~:/") if parts else ""


def of_table(filters: Sequence[Filter], table: str) -> tuple[Filter, ...]:
    """Return the filters of one table."""
    return tuple(one for one in filters if one.table == table)


def put(filters: Sequence[Filter], table: str, mine: Sequence[Filter]) -> tuple[Filter, ...]:
    """Return the filters of all tables once those of one are `mine`."""
    return (*(one for one in filters if one.table != table), *mine)


def of_grid(table: str, model: Mapping[str, Any], quick: str = "") -> tuple[Filter, ...]:
    """Return the filters that a grid's own model and the text beside it say; what the grid alone knows is left out."""
    found = [Filter(table, QUICK, "has", quick.strip())] if quick.strip() else []
    for column, one in model.items():
        op = SHORT.get(str(one.get("type")))
        if op:
            value, to = (str(one[name]) if one.get(name) is not None else "" for name in ("filter", "filterTo"))
            found.append(Filter(table, column, op, value, to if op == "in" else ""))
    return tuple(one for one in found if is_whole(one))[:MOST]


def for_grid(filters: Sequence[Filter], kinds: Mapping[str, bool]) -> dict[str, Any]:
    """Return the model that a grid wants.

    kinds  column -> whether it holds numbers; a filter of a column that is not there, or of the wrong kind, is not applied
    """
    return {one.column: _model(one, kinds[one.column]) for one in applied(filters, kinds) if one.column != QUICK}


def applied(filters: Sequence[Filter], kinds: Mapping[str, bool]) -> tuple[Filter, ...]:
    """Return the filters that a table with these columns can apply; only they may be shown as applied."""
    return tuple(
        one for one in filters if one.column == QUICK or (one.column in kinds and _fits(one, kinds[one.column]))
    )


def _fits(one: Filter, numbers: bool) -> bool:
    if not numbers:
        return one.op in FOR_TEXT
    values = () if one.op in BARE else (one.value, one.to) if one.op == "in" else (one.value,)
    return one.op in FOR_NUMBERS and all(_number(text) is not None for text in values)


def _model(one: Filter, numbers: bool) -> dict[str, Any]:
    told: dict[str, Any] = {"filterType": "number" if numbers else "text", "type": OPS[one.op]}
    for name, text in (("filter", one.value), ("filterTo", one.to)):
        if text:
            told[name] = _number(text) if numbers else text
    return told


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if abs(number) < 1e15 else None


def words(one: Filter, title: str, lang: str) -> str:
    """Return a filter as its chip says it: the title of its column and what is wanted of it."""
    said = say(f"filters.op_{one.op}", lang, value=_shown(one.value), to=_shown(one.to))
    return said if one.column == QUICK else f"{title} {said}"


def _shown(text: str) -> str:
    """A number without a tail of zeros."""
    number = _number(text)
    return f"{number:.15g}" if number is not None and "." in text else text


def without(filters: Sequence[Filter], gone: Filter) -> tuple[Filter, ...]:
    """Return the filters with one of them taken away."""
    return tuple(one for one in filters if one != gone)
