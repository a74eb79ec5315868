"""The page that is read first: the whole area in six short paragraphs of plain sentences, and its weightiest figures."""

from dashboard.briefing import beds, joint, situation, staff, supplies
from dashboard.briefing.blocks import Figure, Figures, Paragraph, Quoted, Section
from dashboard.briefing.book import COMPOUNDS, PERSONS, SITES, Book
from dashboard.briefing.query import Query, of_plan
from dashboard.text import both, say

ORDERS = both("brief.city.orders")
BOUND = 2  # resources that are quoted as binding
HEADINGS = {
    "state": both("brief.city.headings_state"),
    "change": both("brief.city.headings_change"),
    "definitions": both("brief.city.headings_definitions"),
    "decided": both("brief.city.headings_decided"),
    "binds": both("brief.city.headings_binds"),
    "uncertain": both("brief.city.headings_uncertain"),
}
Pieces = list[str | Figure | Quoted]


def city_section(book: Book, title: str) -> Section:
    """Return the section of the whole area."""
    said = (_state(book), _change(book), _definitions(book), _decided(book), _binds(book), _uncertain(book))
    return Section("city", title, (Figures(_weightiest(book)), *(one for one in said if one.pieces)), area=book.area)


def _weightiest(book: Book) -> tuple[Figure, ...]:
    """At most eight figures, from whichever parts are printed."""
    counts = (
        book.figure(both("brief.city.confirmed_now"), _now("now_confirmed"), PERSONS),
        book.figure(both("brief.city.suspected_now"), _now("now_suspected"), PERSONS),
    )
    by_part = {
        "situation": lambda: (situation.r_figures(book)["r"],),
        "lockdown": lambda: (_seal(book),),
        "beds": lambda: (beds.short_of(book), beds.later(book)),
        "staff": lambda: (staff.short_after(book),),
        "supplies": lambda: (supplies.shortest(book),),
        "joint": lambda: (joint.unmet(book),),
    }
    found = [one for part, make in by_part.items() if part in book.sources.plans for one in make()]
    return (*counts, *found)[:8]


def _state(book: Book) -> Paragraph:
    f = {name: book.figure(words, _now(name), PERSONS) for name, words in COUNTED.items()}
    said = book.say(HEADINGS["state"], both("brief.city.cases_reported_so"), **f)  # fmt: skip
    if "situation" not in book.sources.plans:
        return said
    r = situation.r_figures(book)
    if r["r"].value != r["r"].value:
        more = book.say(("", ""), both("brief.city.reproduction_number_r"))
    else:
        more = book.say(("", ""), both("brief.city.reproduction_number_r_95"), **r)  # fmt: skip
    return Paragraph(said.heading, (*said.pieces, *more.pieces))


COUNTED = {
    "ever_counted": both("brief.city.counted_ever_counted"),
    "now_confirmed": both("brief.city.counted_now_confirmed"),
    "now_clinical": both("brief.city.counted_now_clinical"),
    "now_suspected": both("brief.city.counted_now_suspected"),
    "ever_cured": both("brief.city.counted_ever_cured"),
    "ever_dead": both("brief.city.counted_ever_dead"),
}
CHANGED = ("ever_counted", "now_suspected", "ever_cured", "ever_dead")


def _change(book: Book) -> Paragraph:
    if "counts@before" not in book.sources.tables:
        return book.say(
            HEADINGS["change"],
            both("brief.city.nothing_had_been"),
        )
    f = {name: book.figure(COUNTED[name], situation.change_of(name), PERSONS) for name in CHANGED}
    return book.say(HEADINGS["change"], both("brief.city.against_same_hour"), **f)  # fmt: skip


def _definitions(book: Book) -> Paragraph:
    said: Pieces = [say("brief.city.confirmed_clinically_diagnosed", book.lang)]  # fmt: skip
    said += _caveats(book, "definition-step")
    return Paragraph(book.pick(*HEADINGS["definitions"]), tuple(said))


def _caveats(book: Book, *marks: str) -> Pieces:
    """The caveats of plans that name one of these rules, each once, as they stand."""
    found: dict[str, Quoted] = {}
    for kind, plan in book.sources.plans.items():
        for at, words in enumerate(plan.caveats):
            if any(mark in words.zh for mark in marks) and words.zh not in found:
                asked = Query(kind, "caveats", (str(at),), "rows")
                found[words.zh] = book.quote(words.said(book.lang), both("brief.city.caveat"), asked)
    return _spaced(book, list(found.values()))


def _spaced(book: Book, said: list[Quoted]) -> Pieces:
    gap = [] if book.lang == "zh" else [" "]
    return [piece for one in said for piece in (*gap, one)]


def _decided(book: Book) -> Paragraph:
    plans, parts = book.sources.plans, [_ordered(book)]
    if "lockdown" in plans:
        building = book.figure(both("brief.city.seal_buildings_only"), of_plan("lockdown", "seal_building"), COMPOUNDS)
        candidate = book.figure(both("brief.city.candidates_for_release"), of_plan("lockdown", "candidate"), COMPOUNDS)
        parts.append(book.say(("", ""), both("brief.city.proposed_compounds_seal"), seal=_seal(book), building=building, candidate=candidate))  # fmt: skip
    if "beds" in plans:
        sites = book.figure(both("brief.city.sites_open"), of_plan("beds", "sites_to_open"), SITES)
        give = book.figure(both("brief.city.beds_would_give"), of_plan("beds", "beds_to_open"), beds.BEDS)
        parts.append(book.say(("", ""), both("brief.city.sites_open_giving"),
                              sites=sites, give=give))  # fmt: skip
    if "staff" in plans:
        sent = book.figure(both("brief.city.people_sent"), of_plan("staff", "people_assigned"), PERSONS)
        parts.append(book.say(("", ""), both("brief.city.people_sent_in"), sent=sent))
    parts.append(book.say(("", ""), both("brief.city.proposals_order_nothing")))  # fmt: skip
    return Paragraph(parts[0].heading, tuple(piece for part in parts for piece in part.pieces))


def _ordered(book: Book) -> Paragraph:
    def count(name: tuple[str, str], *where: tuple[str, tuple[str, ...]]) -> Figure:
        return book.figure(name, Query("orders", "orders", ("number",), "count", where), ORDERS)

    given = count(both("brief.city.orders_given"))
    if not given.value:
        return book.say(
            HEADINGS["decided"],
            both("brief.city.no_order_had"),
            given=given,
        )
    still, late = (
        count(both("brief.city.in_progress"), ("is_open", ("True",))),
        count(both("brief.city.overdue"), ("is_late", ("True",))),
    )
    return book.say(HEADINGS["decided"], both("brief.city.orders_given_in"),
                    given=given, still=still, late=late)  # fmt: skip


def _seal(book: Book) -> Figure:
    return book.figure(both("brief.city.compounds_seal"), of_plan("lockdown", "seal"), COMPOUNDS, alarm=True)


def _binds(book: Book) -> Paragraph:
    plans, parts = book.sources.plans, []
    if "beds" in plans:
        parts.append(book.say(("", ""), both("brief.city.beds_short_them"),
                              now=beds.short_of(book), worst=beds.short_of(book, needs=beds.WORST), later=beds.later(book)))  # fmt: skip
    if "staff" in plans:
        parts.append(book.say(("", ""), both("brief.city.staff_missing_after"),
                              short=staff.short(book), after=staff.short_after(book)))  # fmt: skip
    if "supplies" in plans:
        parts.append(book.say(("", ""), both("brief.city.stocks_below_target"),
                              below=supplies.below(book), days=supplies.shortest(book)))  # fmt: skip
    pieces: Pieces = [piece for part in parts for piece in part.pieces]
    for at, proposal in enumerate(plans["joint"].proposals[:BOUND] if "joint" in plans else ()):
        reason = proposal.reasons[0]
        named = book.pick(f"{proposal.name}：", f"{joint.name_of(proposal.subject, book.lang)}: ")
        asked = Query("joint", "proposals", (str(at),), "rows")
        quote = book.quote(reason.said(book.lang), both("brief.city.what_binds_joint"), asked)
        pieces += [named, quote, *([" "] if book.lang == "en" else [])]
    return Paragraph(book.pick(*HEADINGS["binds"]), tuple(pieces))


def _uncertain(book: Book) -> Paragraph:
    weak = book.figure(both("brief.city.rules_not_verified"),
                       Query("rules", "rules", ("id",), "count", (("verified", ("False",)),)), both("brief.city.rules"))  # fmt: skip
    said = book.say(HEADINGS["uncertain"], both("brief.city.rules_used_not"), weak=weak)  # fmt: skip
    pieces: Pieces = list(said.pieces)
    if "unplaced" in book.sources.tables:
        lost = book.figure(both("brief.city.not_placed_whole"), of_plan("unplaced", "persons"), PERSONS)
        pieces += book.say(("", ""), both("brief.city.more_persons_city"), lost=lost).pieces  # fmt: skip
    for kind, plan in book.sources.plans.items():
        for at, words in enumerate(plan.silence):
            asked = Query(kind, "silence", (str(at),), "rows")
            pieces += _spaced(
                book,
                [
                    book.quote(
                        words.said(book.lang) + say("brief.city.text_2", book.lang),
                        both("brief.city.overdue_feed"),
                        asked,
                    )
                ],
            )
    if "situation" in book.sources.plans:
        pieces += _withheld(book)
    return Paragraph(said.heading, tuple(pieces))


def _withheld(book: Book) -> Pieces:
    """What the plan of the state does not claim is not claimed here either."""
    found = []
    for at, proposal in enumerate(book.sources.plans["situation"].proposals):
        if proposal.action == "withhold":
            asked = Query("situation", "proposals", (str(at),), "rows")
            name = situation.name_of(proposal.subject, book.lang)
            text = say("brief.city.text", book.lang, name=name, reasons=proposal.reasons[0])
            found.append(book.quote(text, both("brief.city.not_claimed"), asked))
    return _spaced(book, found)


def _now(name: str) -> Query:
    return of_plan("counts", name)
