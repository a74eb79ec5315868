"""Which proposals a briefing lists, in which order, and which of them bear a number on the map."""

from collections.abc import Mapping, Sequence

import geopandas as gpd
import shapely

from dashboard.briefing.blocks import Block, Figure, Figures, ListBlock, ListColumn, Note
from dashboard.briefing.book import Book
from dashboard.briefing.query import Query
from dashboard.goods import in_words
from dashboard.text import both
from layers.decisions._proposal import Plan, Proposal

NUMBERED = 15  # so many proposals bear their number on the map
QUIET = ("keep",)  # nobody has to decide these


def by_action(plan: Plan) -> dict[str, list[Proposal]]:
    """Return action -> proposals, both in the plan's order, without the quiet ones."""
    found: dict[str, list[Proposal]] = {}
    for proposal in plan.proposals:
        if proposal.action not in QUIET:
            found.setdefault(proposal.action, []).append(proposal)
    return found


def in_turn(groups: Mapping[str, Sequence[Proposal]]) -> list[Proposal]:
    """Return the proposals, one of each action in turn, so that no action crowds out another."""
    longest = max(map(len, groups.values()), default=0)
    return [group[at] for at in range(longest) for group in groups.values() if at < len(group)]


def numbering(plan: Plan) -> dict[tuple[str, str], int]:
    """Return (subject, action) -> number of those that bear one: 1 to 15, in the order of the list."""
    groups = by_action(plan)
    chosen = {(p.subject, p.action) for p in in_turn(groups)[:NUMBERED]}
    ordered = [(p.subject, p.action) for group in groups.values() for p in group]
    return {one: at for at, one in enumerate((one for one in ordered if one in chosen), start=1)}


def part_of(
    book: Book,
    plan: Plan,
    figures: tuple[Figure, ...],
    *drawn: Block,
    columns: tuple[ListColumn, ...],
    names: Mapping[str, str],
) -> tuple[Block, ...]:
    """Return the blocks of a part as every part has them: feeds that are silent, key figures, what is drawn, and the proposals."""
    silence = tuple(Note(words.said(book.lang), alarm=True) for words in plan.silence)
    return (*silence, Figures(figures), *drawn, list_of(book, plan, columns, names))


def list_of(book: Book, plan: Plan, columns: tuple[ListColumn, ...], names: Mapping[str, str]) -> ListBlock:
    """Return the list of a plan's proposals."""
    title = both("brief.proposals.proposals_reasons")
    asked = Query(plan.kind, "proposals", ("action", "reasons", *(column.key for column in columns)), "rows")
    return ListBlock(book.pick(*title), plan, columns, names, book.code(title, asked), numbering(plan))


def placed(
    numbers: Mapping[tuple[str, str], int], places: Mapping[str, shapely.Point]
) -> tuple[tuple[str, shapely.Point], ...]:
    """Return number and position of the numbered proposals whose subject has one."""
    found = ((str(number), places.get(subject)) for (subject, _), number in numbers.items())
    return tuple((number, point) for number, point in found if point is not None and not point.is_empty)


def district_names(frames: Mapping[str, gpd.GeoDataFrame], lang: str) -> dict[str, str]:
    """Return code -> name of every district, in the language of print where it is known."""
    found = {}
    for key in ("labels", "districts"):
        frame = frames.get(key)
        if frame is not None and len(frame):
            english = frame["name_en"] if lang == "en" and "name_en" in frame else frame["name"]
            found |= {str(c): str(e or n) for c, e, n in zip(frame["id"], english, frame["name"], strict=True)}
    return found


def titled(proposal: Proposal, lang: str) -> str:
    """Return what a proposal is about: of supplies the item first, then the site."""
    name, item = in_words(proposal.name or proposal.subject, lang), proposal.figures.get("item")
    return f"{in_words(item, lang)} · {name}" if isinstance(item, str) and item else name
