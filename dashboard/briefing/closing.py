"""What stands before and after the matter: the cover, the rules and deliveries it rests on, and the lineage of every number."""

from collections.abc import Mapping

import pandas as pd

from dashboard.briefing.blocks import Figures, Note, Section, TableBlock, TableColumn
from dashboard.briefing.book import PERSONS, Book
from dashboard.briefing.clock import stamp_of
from dashboard.briefing.query import Query, of_plan
from dashboard.text import figure
from layers.decisions._proposal import Words
from layers.decisions.rules import RuleSet

DIGEST_SHOWN = 16  # characters of a file's SHA-256; the application has all


def cover(book: Book, title: str, contents: tuple[str, ...], drill: bool) -> Section:
    """Return the cover: what may not be missed, three figures, and the contents."""
    plans = book.sources.plans.values()
    late = tuple(dict.fromkeys(words.said(book.lang) for plan in plans for words in plan.silence))
    first = (
        book.figure(("累计病例", "Cases ever"), of_plan("counts", "ever_counted"), PERSONS),
        book.figure(
            ("较前一日", "Since the day before"), Query("counts", columns=("ever_counted",), how="change"), PERSONS
        ),
        book.figure(("累计死亡", "Died"), of_plan("counts", "ever_dead"), PERSONS),
    )
    invented = (
        Note(book.pick("演练数据：人员与小区均为虚构。", "Drill: people and compounds are invented."), alarm=True),
    )
    table = pd.DataFrame({"title": contents})
    listed = TableBlock(book.pick("目录", "Contents"), (TableColumn("title", ""),), table, len(contents))
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
    mark = (book.pick("已核实", "verified"), book.pick("未核实", "NOT VERIFIED"))
    told = pd.DataFrame({
        "title": rules["title_en" if book.lang == "en" else "title_zh"], "id": rules["id"],
        "verified": [mark[0] if one else mark[1] for one in rules["verified"]], "source": rules["source"],
    })  # fmt: skip
    code = book.code(("采用的规则", "Rules in force"), Query("rules", "rules", ("id", "verified", "source"), "rows"))
    heads = (
        ("title", "规则", "Rule"),
        ("id", "编号与施行日", "Id and first day"),
        ("verified", "核实", "Checked"),
        ("source", "出处", "Source"),
    )
    columns = tuple(TableColumn(key, book.pick(zh, en), code=code if key == "id" else "") for key, zh, en in heads)
    rows = TableBlock(book.pick("采用的规则", "Rules in force"), columns, told, len(told))
    return Section("sources", title, (rows, _caveats(book), *(Note(words.said(book.lang)) for words in how)))


def _caveats(book: Book) -> TableBlock:
    """Every caveat once, with the plans that carry it; what only repeats that a rule is unverified stands in the table of rules."""
    found: dict[Words, list[str]] = {}
    for plan in book.sources.plans.values():
        for words in plan.caveats:
            if "未经核实" not in words.zh:
                found.setdefault(words, []).append(plan.title.said(book.lang))
    frame = pd.DataFrame(
        {
            "text": [words.said(book.lang) for words in found],
            "plans": ["、".join(names) if book.lang == "zh" else ", ".join(names) for names in found.values()],
        }
    )
    kinds = tuple(book.sources.plans)
    code = book.code(("注意事项", "Caveats"), Query(kinds[0] if kinds else "rules", "caveats", kinds, "rows"))
    columns = (
        TableColumn("text", book.pick("签发前须知", "Before you sign"), code=code),
        TableColumn("plans", book.pick("方案", "Plan")),
    )
    return TableBlock(book.pick("注意事项", "Caveats"), columns, frame, len(frame))


def lineage_section(book: Book, title: str) -> Section:
    """Return every footnote with its question and receipts, then the receipts themselves; last, so that nothing is missed."""
    snapshot = book.sources.snapshot
    notes = [
        {"code": one.code, "what": one.what, "value": "" if one.query.how == "rows" else figure(one.value, 2 if one.value % 1 else 0),
         "query": str(one.query), "receipts": " ".join(one.receipts)}
        for one in book.footnotes.values()
    ]  # fmt: skip
    heads = (
        ("code", "脚注", "Note"),
        ("what", "内容", "What"),
        ("value", "数值", "Value"),
        ("query", "查询", "Query"),
        ("receipts", "回执", "Receipts"),
    )
    columns = tuple(TableColumn(key, book.pick(zh, en)) for key, zh, en in heads)
    table = TableBlock(
        book.pick("脚注溯源", "Footnotes"),
        columns,
        pd.DataFrame(notes, columns=[key for key, _, _ in heads]),
        len(notes),
    )
    told = Note(book.pick(
        f"快照 {snapshot.revision}：截至 {stamp_of(snapshot.as_of)} 已发生、至 {stamp_of(snapshot.known_at)} 已知悉。脚注的数值等于在此快照上重做其查询所得。",
        f"Snapshot {snapshot.revision}: what had happened by {stamp_of(snapshot.as_of)}, as known at {stamp_of(snapshot.known_at)}. "
        "The value of a footnote is what its query gives on this snapshot.",
    ))  # fmt: skip
    return Section("lineage", title, (told, table, receipts_table(book)))


def receipts_table(book: Book) -> TableBlock:
    """Return the newest delivery of every source, with the digest of its file."""
    rows = [
        {"code": one.code, "feed": one.feed, "source": one.source, "file": one.file, "known_at": stamp_of(one.known_at), "rows": one.rows,
         "deliveries": one.deliveries, "sha256": one.sha256[:DIGEST_SHOWN], "batch": one.batch}
        for one in book.receipts.values()
    ]  # fmt: skip
    heads = (
        ("code", "回执", "Receipt"), ("feed", "数据源", "Feed"), ("source", "报送单位", "Source"), ("file", "最新文件", "Newest file"),
        ("known_at", "入库", "Known at"), ("rows", "行数", "Rows"), ("deliveries", "累计批次", "Deliveries"), ("batch", "批次", "Batch"), ("sha256", "文件摘要", "SHA-256"),
    )  # fmt: skip
    columns = tuple(TableColumn(key, book.pick(zh, en)) for key, zh, en in heads)
    return TableBlock(
        book.pick("回执", "Receipts"), columns, pd.DataFrame(rows, columns=[key for key, _, _ in heads]), len(rows)
    )
