"""One page a district: its figures from every part, its map, what is proposed there first, and a paragraph that says it."""

import pandas as pd

from dashboard.briefing import beds, joint, lockdown, situation, staff, supplies
from dashboard.briefing.blocks import Figure, Figures, MapBlock, Paragraph, Section, TableBlock, TableColumn
from dashboard.briefing.book import PERSONS, Book
from dashboard.briefing.proposals import by_action, district_names, in_turn, titled
from dashboard.briefing.query import Query
from dashboard.goods import said as in_english
from dashboard.text import both, say
from layers.decisions._proposal import ACTIONS, Plan, Proposal

TOP = 8  # proposals on the page of a district
KINDS = {
    "situation": situation,
    "lockdown": lockdown,
    "beds": beds,
    "staff": staff,
    "supplies": supplies,
    "joint": joint,
}


def district_section(book: Book, code: str) -> Section:
    """Return the page of a district."""
    figures = _figures(book, code)
    name = district_names(book.sources.frames, book.lang).get(code, code)
    drawn = tuple(_map(book, code))
    blocks = (Figures(figures), *drawn, _said(book, code, name, figures), _first(book, code))
    return Section(f"district:{code}", name, blocks, area=code)


def _figures(book: Book, code: str) -> tuple[Figure, ...]:
    where = (("district", (code,)),)
    counts = tuple(
        book.figure(words, Query("districts", "districts", (name,), "sum", where), PERSONS)
        for name, words in (
            ("now_confirmed", both("brief.districts.confirmed_now")),
            ("now_suspected", both("brief.districts.suspected_now")),
        )
    )
    return (*counts, *(one for kind in book.sources.plans for one in KINDS[kind].of_district(book, code)))


def _map(book: Book, code: str) -> list[MapBlock]:
    """Compounds where lockdown is printed, else sites with beds, else nothing: a map without a subject is decoration."""
    for module in (lockdown, beds):
        if module.KIND in book.sources.plans:
            return [module.district_map(book, code)]
    return []


def _said(book: Book, code: str, name: str, figures: tuple[Figure, ...]) -> Paragraph:
    """The figures as one would say them: a sentence a part."""
    told = [book.say(("", ""), both("brief.districts.said_counts"), confirmed=figures[0], suspected=figures[1])]
    for kind in book.sources.plans:
        mine = KINDS[kind].of_district(book, code)
        if mine:
            told.append(book.say(("", ""), SAID[kind], **dict(zip(NAMED[kind], mine, strict=True))))
    pieces = (name, *(piece for one in told for piece in one.pieces), *_risk(book, code))
    return Paragraph(say("brief.districts.district_in_words", book.lang), pieces)


NAMED = {  # what the sentence of a part calls the figures of `of_district`, in their order
    "situation": ("ever", "week", "change"),
    "lockdown": ("seal", "building", "candidate", "new"),
    "beds": ("short", "open", "share"),
    "staff": ("short", "after"),
    "supplies": ("days",),
}
SAID = {
    "situation": both("brief.districts.said_situation"),
    "lockdown": both("brief.districts.said_lockdown"),
    "beds": both("brief.districts.said_beds"),
    "staff": both("brief.districts.said_staff"),
    "supplies": both("brief.districts.said_supplies"),
}


def _risk(book: Book, code: str) -> tuple[object, ...]:
    plan = book.sources.plans.get("lockdown")
    table = plan.tables.get("risk") if plan else None
    rows = table[table["district"].astype(str) == code] if table is not None and len(table) else ()
    if not len(rows):
        return ()
    text = str(rows.iloc[0]["reason_en" if book.lang == "en" else "reason_zh"])
    asked = Query("lockdown", "risk", ("level", "reason"), "rows", (("district", (code,)),))
    return (*((" ",) if book.lang == "en" else ()), book.quote(text, both("brief.districts.risk_level"), asked))


def _first(book: Book, code: str) -> TableBlock:
    """The first proposals of every part for the district, one of each kind of action in turn."""
    rows = [(kind, p) for kind, plan in book.sources.plans.items() for p in _mine(plan, code)]
    groups: dict[str, list[Proposal]] = {}
    for kind, proposal in rows:
        groups.setdefault(f"{kind}/{proposal.action}", []).append(proposal)
    chosen = in_turn(groups)[:TOP]
    title = both("brief.districts.what_comes_first")
    parts = tuple(kind for kind in book.sources.plans if kind in {kind for kind, _ in rows})
    code_of = book.code(title, Query(parts[0] if parts else "orders", "proposals", ("action", "reasons"), "rows",
                                     (("district", (code,)),)))  # fmt: skip
    columns = (
        TableColumn("action", say("brief.districts.proposed", book.lang)),
        TableColumn("name", say("brief.districts.subject", book.lang)),
        TableColumn("why", say("brief.districts.reason", book.lang), code=code_of),
    )
    return TableBlock(book.pick(*title), columns, _table(book, chosen), len(rows))


def _mine(plan: Plan, code: str) -> list[Proposal]:
    return [p for group in by_action(plan).values() for p in group if p.district == code]


def _table(book: Book, chosen: list[Proposal]) -> pd.DataFrame:
    lang = book.lang
    rows = [(ACTIONS[p.action].said(lang), titled(p, lang), in_english(p.reasons[0].said(lang), lang)) for p in chosen]
    return pd.DataFrame(rows, columns=["action", "name", "why"])
