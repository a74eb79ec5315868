"""What stands before and after the matter: the cover, the rules and deliveries it rests on, and the lineage of every number."""

from collections.abc import Mapping

import pandas as pd

from dashboard.briefing.blocks import Figures, Note, Section, TableBlock, TableColumn
from dashboard.briefing.book import PERSONS, Book
from dashboard.briefing.clock import stamp_of
from dashboard.briefing.query import Query, of_plan
from dashboard.text import both, figure, listed, say
from layers.decisions._proposal import Words
from layers.decisions.rules import RuleSet

DIGEST_SHOWN = 16  # characters of a file's SHA-256; the application has all


def cover(book: Book, title: str, contents: tuple[str, ...], drill: bool) -> Section:
    """Return the cover: what may not be missed, three figures, and the contents."""
    plans = book.sources.plans.values()
    late = tuple(dict.fromkeys(words.said(book.lang) for plan in plans for words in plan.silence))
    first = (
        book.figure(both("brief.closing.cases_ever"), of_plan("counts", "ever_counted"), PERSONS),
        book.figure(
            both("brief.closing.since_day_before"), Query("counts", columns=("ever_counted",), how="change"), PERSONS
        ),
        book.figure(both("brief.closing.died"), of_plan("counts", "ever_dead"), PERSONS),
    )
    invented = (Note(say("brief.closing.drill_people_compounds", book.lang), alarm=True),)
    table = pd.DataFrame({"title": contents})
    listed = TableBlock(say("brief.closing.contents", book.lang), (TableColumn("title", ""),), table, len(contents))
    return Section(
        "cover", title, (Figures(first), *(Note(text, alarm=True) for text in late), *(invented * drill), listed)
    )


def rules_table(rules: Mapping[str, RuleSet], used: tuple[str, ...]) -> pd.DataFrame:
    """Return id, title, verified, source of the rules used."""
    rows = [(rule_id, rules[rule_id]) for rule_id in used if rule_id in rules]
    columns = ["id", "title_zh", "title_en", "since", "verified", "source"]
    return pd.DataFrame(
        [(i, r.title.zh, r.title.en, r.valid_from.isoformat(), r.verified, r.source) for i, r in rows], columns=columns
    )


def sources_section(book: Book, title: str, how: tuple[Words, ...]) -> Section:
    """Return the rules with their sources, the caveats of every plan, and how to check the print."""
    rules = book.sources.tables["rules"]["rules"]
    mark = (say("brief.closing.verified", book.lang), say("brief.closing.not_verified", book.lang))
    told = pd.DataFrame({
        "title": rules["title_en" if book.lang == "en" else "title_zh"], "id": rules["id"],
        "verified": [mark[0] if one else mark[1] for one in rules["verified"]], "source": rules["source"],
    })  # fmt: skip
    code = book.code(
        both("brief.closing.rules_in_force"), Query("rules", "rules", ("id", "verified", "source"), "rows")
    )
    heads = (
        ("title", *both("brief.closing.rule")),
        ("id", *both("brief.closing.id_first_day")),
        ("verified", *both("brief.closing.checked")),
        ("source", *both("brief.closing.source")),
    )
    columns = tuple(TableColumn(key, book.pick(zh, en), code=code if key == "id" else "") for key, zh, en in heads)
    rows = TableBlock(say("brief.closing.rules_in_force", book.lang), columns, told, len(told))
    return Section("sources", title, (rows, _caveats(book), *(Note(words.said(book.lang)) for words in how)))


def _caveats(book: Book) -> TableBlock:
    """Every caveat once, with the plans that carry it; what only repeats that a rule is unverified stands in the table of rules."""
    found: dict[Words, list[str]] = {}
    for plan in book.sources.plans.values():
        for words in plan.caveats:
            if "not verified" not in words.en:
                found.setdefault(words, []).append(plan.title.said(book.lang))
    frame = pd.DataFrame(
        {
            "text": [words.said(book.lang) for words in found],
            "plans": [listed(names, book.lang) for names in found.values()],
        }
    )
    kinds = tuple(book.sources.plans)
    code = book.code(both("brief.closing.caveats"), Query(kinds[0] if kinds else "rules", "caveats", kinds, "rows"))
    columns = (
        TableColumn("text", say("brief.closing.before_you_sign", book.lang), code=code),
        TableColumn("plans", say("brief.closing.plan", book.lang)),
    )
    return TableBlock(say("brief.closing.caveats", book.lang), columns, frame, len(frame))


def lineage_section(book: Book, title: str) -> Section:
    """Return every footnote with its question and receipts, then the receipts themselves; last, so that nothing is missed."""
    snapshot = book.sources.snapshot
    notes = [
        {"code": one.code, "what": one.what, "value": "" if one.query.how == "rows" else figure(one.value, 2 if one.value % 1 else 0),
         "query": str(one.query), "receipts": " ".join(one.receipts)}
        for one in book.footnotes.values()
    ]  # fmt: skip
    heads = (
        ("code", *both("brief.closing.note")),
        ("what", *both("brief.closing.what")),
        ("value", *both("brief.closing.value")),
        ("query", *both("brief.closing.query")),
        ("receipts", *both("brief.closing.receipts")),
    )
    columns = tuple(TableColumn(key, book.pick(zh, en)) for key, zh, en in heads)
    table = TableBlock(
        say("brief.closing.footnotes", book.lang),
        columns,
        pd.DataFrame(notes, columns=[key for key, _, _ in heads]),
        len(notes),
    )
    told = Note(say("brief.closing.snapshot_what_had", book.lang, revision=snapshot.revision, stamp_of=stamp_of(snapshot.as_of), stamp_of2=stamp_of(snapshot.known_at)))  # fmt: skip
    return Section("lineage", title, (told, table, receipts_table(book)))


def receipts_table(book: Book) -> TableBlock:
    """Return the newest delivery of every source that stands, with the digest of its file and how many were taken back."""
    rows = [
        {"code": one.code, "feed": one.feed, "source": one.source, "file": one.file, "known_at": stamp_of(one.known_at), "rows": one.rows,
         "deliveries": one.deliveries, "sha256": one.sha256[:DIGEST_SHOWN], "batch": one.batch, "undone": one.undone}
        for one in book.receipts.values()
    ]  # fmt: skip
    heads = (
        ("code", *both("brief.closing.receipt")), ("feed", *both("brief.closing.feed")), ("source", *both("brief.closing.source_2")), ("file", *both("brief.closing.newest_file")),
        ("known_at", *both("brief.closing.known")), ("rows", *both("brief.closing.rows")), ("deliveries", *both("brief.closing.deliveries")), ("batch", *both("brief.closing.batch")), ("sha256", *both("brief.closing.sha_256")),
    )  # fmt: skip
    if any(row["undone"] for row in rows):  # said where there is something to say: the line is full
        heads = (*heads[:7], ("undone", *both("brief.closing.taken_back")), *heads[7:])
    columns = tuple(TableColumn(key, book.pick(zh, en)) for key, zh, en in heads)
    return TableBlock(
        say("brief.closing.receipts", book.lang),
        columns,
        pd.DataFrame(rows, columns=[key for key, _, _ in heads]),
        len(rows),
    )
