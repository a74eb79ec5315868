"""What a feed is: the columns a provider sends, what they mean, how they are checked, and where they go."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

import pandas as pd

from layers.intake import _personal as personal
from layers.intake._personal import Personal

Type = Literal["text", "integer", "number", "time", "boolean", "list", "lon", "lat", "geometry"]


@dataclass(frozen=True)
class Column:
    """One column of a feed.

    codes     accepted spellings (any case) -> the code that is kept; None: free text
    personal  what it tells about a person, None for nothing: what it is asked for, on what ground, and what becomes of it
    lowest, highest  inclusive limits of a number, in `unit`
    refers    district | hospital | compound: names are replaced by the code of the record they mean, where it is known;
              a feed without positions names compounds by code alone, and a merged one means its survivor
    loose     names that mean no known record are common here and not worth a warning
    default   column whose value is taken where this one is empty
    identifies  the row is known by it: a number whose last digits a spreadsheet lost refuses the row, as in a required column
    """

    name: str
    zh: str
    type: Type
    meaning: str
    meaning_zh: str
    required: bool = False
    unit: str = ""
    codes: Mapping[str, str] | None = None
    personal: Personal | None = None
    lowest: float | None = None
    highest: float | None = None
    refers: str = ""
    loose: bool = False
    default: str = ""
    identifies: bool = False


@dataclass(frozen=True)
class Part:
    """One table that a row of the feed is written to.

    key       feed columns whose values make the record key, joined by "|" behind `prefix`
    columns   store column -> feed column
    constants store column -> value
    event     feed column that gives `happened_at`; "" for things that have no date of their own
    when      rows that have this part: "column" those where it is filled, "column=code" those where it has that code; "" for all
    located   store column that gets the code of the district the thing lies in, or that it states where it has no position
    labelled  lon and lat are taken from a point inside the shape
    number_repeats  events without an id: the key gets a digest of the content, and equal ones in one file are numbered
    episodes        a second day of the same key is a correction, unless another `value` of the subject lies between the two:
                    then it is a new episode (confirmed, cured, confirmed again) with a key of its own
    says            store columns in which an empty cell is itself a statement; elsewhere it keeps what is believed
    together        store columns of one statement, what it is about first: another address does not keep the old point
    """

    table: str
    key: tuple[str, ...]
    columns: Mapping[str, str]
    constants: Mapping[str, str] = field(default_factory=dict)
    prefix: str = ""
    event: str = ""
    when: str = ""
    number_repeats: bool = False
    episodes: bool = False
    says: tuple[str, ...] = ()
    together: tuple[str, ...] = ()
    located: str = ""
    labelled: bool = False


@dataclass(frozen=True)
class Check:
    """A test of whole rows. `find` returns a truth value per row: True where the rule is broken.

    fatal rows are rejected; others are kept and warned about, naming `column`.
    """

    column: str
    find: Callable[[pd.DataFrame], pd.Series]
    wanted: str
    zh: str
    en: str
    fatal: bool = False


@dataclass(frozen=True)
class Feed:
    """One kind of delivery. A feed is data: the machinery in `run` never asks which one it is reading."""

    name: str
    title: tuple[str, str]
    columns: tuple[Column, ...]
    parts: tuple[Part, ...]
    steward: tuple[str, str]  # who answers for the data
    promise: timedelta  # how fresh it promises to be: older figures are shown as stale
    retention: timedelta | None  # how long it may be kept; None: as long as the store
    checks: tuple[Check, ...] = ()
    defines_region: bool = False  # its shapes say where the region is, so they are not tested against it
    placed: str = ""  # case | contact | fever: rows are persons, to be matched to compounds and counted

    @property
    def has_position(self) -> bool:
        """True when rows may carry coordinates, so that a delivery with some must state their datum."""
        return any(c.type in ("lon", "lat", "geometry") for c in self.columns)

    def retention_of(self, column: Column) -> timedelta | None:
        """Return how long a column may be kept; None: as long as the store."""
        own = column.personal.retention if column.personal else None
        return own if own is not None else self.retention

    def steward_of(self, column: Column) -> tuple[str, str]:
        """Return who answers for a column, in Chinese and English."""
        own = column.personal.steward if column.personal else None
        return own or self.steward

    def column(self, name: str) -> Column:
        """Return the column called `name` (in English)."""
        return next(c for c in self.columns if c.name == name)


def codes(**spellings: str) -> dict[str, str]:
    """Return spelling -> code from code="spelling;spelling"; a code always spells itself."""
    return {word: code for code, words in spellings.items() for word in (code, *words.split(";"))}


def person_columns(id_name: str, id_zh: str, meaning: str, meaning_zh: str) -> tuple[Column, ...]:
    """Return the columns that cases, contacts and fever patients share, the id first."""
    return (
        Column(id_name, id_zh, "text", meaning, meaning_zh, required=True, personal=personal.RECORD),
        *_home_columns(),
        *_identity_columns(),
        Column("reported_at", "报告时间", "time", "when the source wrote the row", "报告时间"),
        Column("withdrawn", "作废", "boolean", "the source takes the record back", "来源撤回该记录"),
        Column("note", "备注", "text", "free remark", "备注", personal=personal.REMARK),
    )


def _home_columns() -> tuple[Column, ...]:
    place, area = personal.PLACE, personal.AREA
    lon, lat = (
        "longitude of the home, in the datum of the delivery",
        "latitude of the home, in the datum of the delivery",
    )
    return (
        Column("address", "现住址", "text", "home address as written down", "登记的现住址", personal=place),
        Column("district", "区", "text", "district by name or code", "所在区（名称或代码）", refers="district", personal=area),
        Column("lon", "经度", "lon", lon, "住址经度", unit="°", personal=place),
        Column("lat", "纬度", "lat", lat, "住址纬度", unit="°", personal=place),
    )  # fmt: skip


def _identity_columns() -> tuple[Column, ...]:
    trait, who = personal.TRAIT, personal.IDENTITY
    index = "identity number; kept only as a blind index"
    return (
        Column("age", "年龄", "integer", "age in years", "年龄", unit="years", lowest=0, highest=125, personal=trait),
        Column(
            "sex", "性别", "text", "male or female", "性别", codes=codes(male="男;m", female="女;f"), personal=trait
        ),
        Column("name", "姓名", "text", "name; checked and dropped, never kept", "姓名（不入库）", personal=who),
        Column("phone", "联系电话", "text", "telephone; dropped, never kept", "联系电话（不入库）", personal=who),
        Column("id_number", "证件号码", "text", index, "证件号码（仅存盲索引）", personal=personal.NUMBER),
    )


HOME = ("address", "lon", "lat", "district_stated")  # where a person lives is one statement


def person_kept(id_name: str, **more: str) -> dict[str, str]:
    """Return store column -> feed column for the part of a feed that describes a person; `more` adds to it."""
    kept = ("address", "lon", "lat", "age", "sex", "note")
    return {"subject": id_name, "person": "id_number", "district_stated": "district", **{k: k for k in kept}, **more}


def in_future(column: str) -> Callable[[pd.DataFrame], pd.Series]:
    """Return the test that `column` lies more than ten minutes after the delivery was known."""
    return lambda rows: rows[column] > rows["_known_at"] + 600_000
