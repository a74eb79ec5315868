"""The contract between what a briefing says and how it is written: `compose` says it, once; PDF, slides, workbooks only render it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from dashboard.briefing.blocks import Choice, Footnote, Receipt, Section, Snapshot
from dashboard.briefing.book import Book
from dashboard.briefing.city import city_section
from dashboard.briefing.closing import cover, lineage_section, rules_table, sources_section
from dashboard.briefing.districts import KINDS, district_section
from dashboard.briefing.edition import code_of, edition
from dashboard.briefing.errors import BriefingError
from dashboard.briefing.gathering import GROUND, Sources, gather
from dashboard.briefing.proposals import district_names
from dashboard.desk import Desk
from dashboard.roles import Person
from dashboard.text import LANGS, both, pick
from dashboard.view import Here
from layers.decisions._proposal import Words
from layers.decisions.rules import all_rules

PARTS = tuple(KINDS)
LAYERS = tuple(dict.fromkeys((*GROUND, *(key for kind in KINDS.values() for key in kind.LAYERS))))
SECRECY: Mapping[str, Words] = {
    "public": Words(*both("brief.content.public")),
    "internal": Words(*both("brief.content.internal")),
    "secret": Words(*both("brief.content.secret")),
    "confidential": Words(*both("brief.content.confidential")),
}
SIZES = ("a4", "a3")
CLOCKS = frozenset({"as_of", "known_at"})
TITLE = Words(*both("brief.content.epidemic_briefing"))
CHAPTERS: Mapping[str, Words] = {
    "cover": Words(*both("brief.content.cover")),
    "city": Words(*both("brief.content.summary")),
    "situation": Words(*both("brief.content.epidemic_state")),
    "lockdown": Words(*both("brief.content.lockdown")),
    "beds": Words(*both("brief.content.bed_expansion")),
    "staff": Words(*both("brief.content.medical_staff")),
    "supplies": Words(*both("brief.content.supplies")),
    "joint": Words(*both("brief.content.joint_plan")),
    "districts": Words(*both("brief.content.districts")),
    "sources": Words(*both("brief.content.rules_sources")),
    "lineage": Words(*both("brief.content.where_every_number")),
}
HOW = (
    Words(
        *both("brief.content.both_clocks_rules"),
    ),
    Words(
        *both("brief.content.check_python_m"),
    ),
    Words(
        *both("brief.content.these_proposals_for"),
    ),
)
Told = Callable[[str, str], None]  # what is being done, in both languages; raises Cancelled to stop


@dataclass(frozen=True)
class Briefing:
    """Everything that one briefing says, in one language: a pure function of the store at its snapshot, the rules and the choice.

    sections   cover, city, one a part, one a district, sources, lineage; in the order of print
    footnotes  code -> footnote, of every number that stands in a section
    receipts   code -> receipt, that footnotes name
    notes      what stands on every page: source of the data, and in a drill that all is invented
    state      what prints it again: address of the view, choice, revision, edition; JSON of plain values
    code       "FY-XXXX-XXXX-XX", a digest of state and content: on every page, and in the table of prints
    path       address of the state, for the QR code
    """

    title: Words
    place: Words
    choice: Choice
    lang: str
    drill: bool
    snapshot: Snapshot
    sections: tuple[Section, ...]
    footnotes: Mapping[str, Footnote]
    receipts: Mapping[str, Receipt]
    rules: tuple[str, ...]
    notes: tuple[str, ...]
    state: Mapping[str, Any]
    code: str
    path: str

    @property
    def as_of(self) -> datetime:
        return self.snapshot.as_of

    @property
    def known_at(self) -> datetime:
        return self.snapshot.known_at

    @property
    def secrecy(self) -> Words:
        return SECRECY[self.choice.secrecy]


def compose(desk: Desk, who: Person | None, here: Here, choice: Choice, told: Told | None = None) -> Briefing:
    """Return the briefing of a place for a person, as far as the gate lets them see it.

    told  hears what is being done, and may raise Cancelled
    Raises BriefingError naming what the choice asks and there is not, AccessError where it is not theirs.
    """
    check(choice, here.lang)
    told = told or (lambda *_: None)
    here = here.at(fixed=here.fixed | CLOCKS)  # ages are told by the knowledge clock: a later print says the same
    lang, view, settings = here.lang, here.view, desk.settings
    sources = gather(desk, who, here, choice.parts, LAYERS, told)
    choice = replace(choice, districts=_districts(desk, who, here, choice, sources))
    rules = tuple(dict.fromkeys(rule for plan in sources.plans.values() for rule in plan.rules))
    sources.tables["rules"] = {"rules": rules_table({rule.id: rule for rule in all_rules()}, rules)}
    book = Book(sources, lang, settings.city[0])
    told(*both("brief.content.writing_sections"))
    sections = _sections(book, choice, settings.is_drill)
    place = _place(view.area, Words(*settings.city), sources)
    state = _state(desk, who, here, choice)
    code = code_of(state, sections, tuple(plan.inputs_hash for plan in sources.plans.values()))
    return Briefing(
        TITLE, place, choice, lang, settings.is_drill, sources.snapshot, sections, book.footnotes, book.receipts, rules,
        tuple(pick(words, lang) for words in (SOURCE, *((INVENTED,) if settings.is_drill else ()))),
        state, code, _path(here, code),
    )  # fmt: skip


SOURCE = both("brief.content.source")
INVENTED = both("brief.content.invented")


def check(choice: Choice, lang: str) -> None:
    """Raise BriefingError where a choice asks for what there is not."""
    for part in choice.parts:
        if part not in PARTS:
            raise BriefingError(*both("brief.no_part", part=repr(part), parts=", ".join(PARTS))[::-1])
    for name, value, wanted in (
        (both("brief.names_secrecy"), choice.secrecy, tuple(SECRECY)),
        (both("brief.names_size"), choice.size, SIZES),
        (both("brief.names_lang"), lang, LANGS),
    ):
        if value not in wanted:
            raise BriefingError(*both("brief.no_value", name=name, value=repr(value), wanted=", ".join(wanted))[::-1])
    if not choice.parts:
        raise BriefingError(*both("brief.no_parts", parts=", ".join(PARTS))[::-1])


def _districts(desk: Desk, who: Person | None, here: Here, choice: Choice, sources: Sources) -> tuple[str, ...]:
    """The districts that get a page; "all" stands for every one in the view. One that is not there, or not theirs, is refused."""
    known = sources.frames["districts"]["id"].astype(str).tolist()
    if here.view.area:
        known = [code for code in known if code == here.view.area]
    wanted = known if choice.districts == ("all",) else choice.districts
    for code in wanted:
        if code not in known:
            raise BriefingError(
                f"there is no district {code!r} in this view; wanted some of: {', '.join(known) or 'none is known'}"
            )
        desk.gate.allowed(desk.store, who, here.view.narrowed(code))
    return tuple(wanted)


def _sections(book: Book, choice: Choice, drill: bool) -> tuple[Section, ...]:
    lang, named = book.lang, {key: words.said(book.lang) for key, words in CHAPTERS.items()}
    body = [city_section(book, named["city"])]
    body += [Section(part, named[part], KINDS[part].blocks(book), part, book.area) for part in choice.parts]
    body += [district_section(book, code) for code in choice.districts]
    districts = (named["districts"],) if choice.districts else ()
    contents = (named["city"], *(named[part] for part in choice.parts), *districts, named["sources"], named["lineage"])
    first = cover(book, TITLE.said(lang), contents, drill)
    last = sources_section(book, named["sources"], HOW)
    return (first, *body, last, lineage_section(book, named["lineage"]))


def _place(area: str, city: Words, sources: Sources) -> Words:
    """Return what the view is about: the city, and the district, street or compound in it."""
    if not area:
        return city
    code, _, street = area.partition("/")
    zh, en = (district_names(sources.frames, lang).get(code, code) for lang in LANGS)
    if area.startswith("compound:"):
        code = area.removeprefix("compound:")
        compounds = sources.frames["compounds"]
        zh = en = next(iter(compounds.loc[compounds["id"] == code, "name"]), code)
    return Words(f"{city.zh}{zh}{street}", f"{city.en}, {en}{' ' * bool(street)}{street}")


def _state(desk: Desk, who: Person | None, here: Here, choice: Choice) -> dict[str, Any]:
    """What prints the briefing again: plain values, so that it can be kept as JSON."""
    view = here.view
    asker = {"role": who.role, "area": who.area} if who else {}
    return {
        "area": view.area, "as_of": view.as_of.isoformat(), "known_at": view.known_at.isoformat(), "lang": here.lang,
        "filters": dict(sorted(view.filters.items())), "parts": list(choice.parts), "districts": list(choice.districts),
        "form": choice.form, "size": choice.size, "secrecy": choice.secrecy, "asker": asker,
        "revision": desk.revision(view), "edition": edition(),
    }  # fmt: skip


def _path(here: Here, code: str) -> str:
    """The address of the state in the application: both clocks stated, so that it shows the same for ever."""
    fixed = CLOCKS | {"lang"} | ({"area"} if here.view.area else set())
    place = here.at(path="/briefing", fixed=fixed, pick=None, options={"code": code})
    return place.path + place.search
