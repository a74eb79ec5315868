"""The page that is read first: the whole area in six short paragraphs of plain sentences, and its weightiest figures."""

from dashboard.briefing import beds, joint, situation, staff, supplies
from dashboard.briefing.blocks import Figure, Figures, Paragraph, Quoted, Section
from dashboard.briefing.book import COMPOUNDS, PERSONS, SITES, Book
from dashboard.briefing.query import Query, of_plan

ORDERS = ("项", "orders")
BOUND = 2  # resources that are quoted as binding
HEADINGS = {
    "state": ("现状", "State"),
    "change": ("较前一日", "Since the day before"),
    "definitions": ("口径", "Definitions"),
    "decided": ("决定与建议", "Decided and proposed"),
    "binds": ("制约", "What binds"),
    "uncertain": ("不确定", "What is uncertain"),
}
Pieces = list[str | Figure | Quoted]


def city_section(book: Book, title: str) -> Section:
    """Return the section of the whole area."""
    said = (_state(book), _change(book), _definitions(book), _decided(book), _binds(book), _uncertain(book))
    return Section("city", title, (Figures(_weightiest(book)), *(one for one in said if one.pieces)), area=book.area)


def _weightiest(book: Book) -> tuple[Figure, ...]:
    """At most eight figures, from whichever parts are printed."""
    counts = (
        book.figure(("现有确诊", "Confirmed, now"), _now("now_confirmed"), PERSONS),
        book.figure(("现有疑似", "Suspected, now"), _now("now_suspected"), PERSONS),
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
    said = book.say(HEADINGS["state"], (
        "累计报告病例{ever_counted}人；现有确诊{now_confirmed}人、临床诊断{now_clinical}人、疑似{now_suspected}人；累计治愈{ever_cured}人、死亡{ever_dead}人。",
        "{ever_counted} cases were reported so far. {now_confirmed} persons are confirmed now, {now_clinical} clinically diagnosed and "
        "{now_suspected} suspected; {ever_cured} recovered and {ever_dead} died.",
    ), **f)  # fmt: skip
    if "situation" not in book.sources.plans:
        return said
    r = situation.r_figures(book)
    if r["r"].value != r["r"].value:
        more = book.say(("", ""), ("再生数Rt目前不能给出。", " The reproduction number R cannot be told now."))
    else:
        more = book.say(("", ""), ("再生数Rt为{r}（95%区间{r_low}至{r_high}）。",
                                   " The reproduction number R is {r} (95 % interval {r_low} to {r_high})."), **r)  # fmt: skip
    return Paragraph(said.heading, (*said.pieces, *more.pieces))


COUNTED = {
    "ever_counted": ("累计病例", "Cases ever"),
    "now_confirmed": ("现有确诊", "Confirmed, now"),
    "now_clinical": ("现有临床诊断", "Clinically diagnosed, now"),
    "now_suspected": ("现有疑似", "Suspected, now"),
    "ever_cured": ("累计治愈", "Recovered"),
    "ever_dead": ("累计死亡", "Died"),
}
CHANGED = ("ever_counted", "now_suspected", "ever_cured", "ever_dead")


def _change(book: Book) -> Paragraph:
    if "counts@before" not in book.sources.tables:
        return book.say(
            HEADINGS["change"],
            ("此前没有任何报送，无从比较。", "Nothing had been reported before, so nothing can be compared."),
        )
    f = {name: book.figure(COUNTED[name], situation.change_of(name), PERSONS) for name in CHANGED}
    return book.say(HEADINGS["change"], (
        "与前一日同一时刻、当时所知相比：累计病例{ever_counted}人，现有疑似{now_suspected}人，治愈{ever_cured}人，死亡{ever_dead}人。"
        "差数含补报、更正与核减，不等于当日新发。",
        "Against the same hour a day before, as known then: cases {ever_counted}, suspected now {now_suspected}, recovered {ever_cured}, "
        "died {ever_dead}. The differences hold late reports, corrections and removals; they are not the new cases of one day.",
    ), **f)  # fmt: skip


def _definitions(book: Book) -> Paragraph:
    said: Pieces = [book.pick("确诊、临床诊断、疑似、无症状分别统计，除非规则写明，互不相加。",
                              "Confirmed, clinically diagnosed, suspected and asymptomatic are counted apart and added only where a rule says so.")]  # fmt: skip
    said += _caveats(book, "definition-step")
    return Paragraph(book.pick(*HEADINGS["definitions"]), tuple(said))


def _caveats(book: Book, *marks: str) -> Pieces:
    """The caveats of plans that name one of these rules, each once, as they stand."""
    found: dict[str, Quoted] = {}
    for kind, plan in book.sources.plans.items():
        for at, words in enumerate(plan.caveats):
            if any(mark in words.zh for mark in marks) and words.zh not in found:
                asked = Query(kind, "caveats", (str(at),), "rows")
                found[words.zh] = book.quote(words.said(book.lang), ("说明", "Caveat"), asked)
    return _spaced(book, list(found.values()))


def _spaced(book: Book, said: list[Quoted]) -> Pieces:
    gap = [] if book.lang == "zh" else [" "]
    return [piece for one in said for piece in (*gap, one)]


def _decided(book: Book) -> Paragraph:
    plans, parts = book.sources.plans, [_ordered(book)]
    if "lockdown" in plans:
        building = book.figure(("建议封控楼栋", "Seal buildings only"), of_plan("lockdown", "seal_building"), COMPOUNDS)
        candidate = book.figure(
            ("可申报无疫情小区", "Candidates for release"), of_plan("lockdown", "candidate"), COMPOUNDS
        )
        parts.append(book.say(("", ""), (
            "方案建议：整体封控小区{seal}个、只封楼栋的小区{building}个，可申报无疫情小区{candidate}个。",
            " Proposed: {seal} compounds to seal, {building} to seal by building, {candidate} candidates for release.",
        ), seal=_seal(book), building=building, candidate=candidate))  # fmt: skip
    if "beds" in plans:
        sites = book.figure(("建议启用场所", "Sites to open"), of_plan("beds", "sites_to_open"), SITES)
        give = book.figure(("启用后可增", "Beds that would give"), of_plan("beds", "beds_to_open"), beds.BEDS)
        parts.append(book.say(("", ""), ("启用收治场所{sites}处、床位{give}张。", " {sites} sites to open, giving {give} beds."),
                              sites=sites, give=give))  # fmt: skip
    if "staff" in plans:
        sent = book.figure(("建议派驻人数", "People to be sent"), of_plan("staff", "people_assigned"), PERSONS)
        parts.append(
            book.say(("", ""), ("整队派驻医护{sent}人。", " {sent} people to be sent in whole teams."), sent=sent)
        )
    parts.append(book.say(("", ""), ("建议供有权决定的人参考，须另行签发才有效力。",
                                     " Proposals order nothing by themselves; those who may decide must sign.")))  # fmt: skip
    return Paragraph(parts[0].heading, tuple(piece for part in parts for piece in part.pieces))


def _ordered(book: Book) -> Paragraph:
    def count(name: tuple[str, str], *where: tuple[str, tuple[str, ...]]) -> Figure:
        return book.figure(name, Query("orders", "orders", ("number",), "count", where), ORDERS)

    given = count(("下达的指令", "Orders given"))
    if not given.value:
        return book.say(
            HEADINGS["decided"],
            ("至知悉时间没有下达的指令（{given}项）。", "No order had been given by the knowledge time ({given})."),
            given=given,
        )
    still, late = (
        count(("未办结", "In progress"), ("is_open", ("True",))),
        count(("逾期", "Overdue"), ("is_late", ("True",))),
    )
    return book.say(HEADINGS["decided"], ("已下达指令{given}项，未办结{still}项，其中逾期{late}项。",
                                          "{given} orders were given; {still} are in progress, {late} of them overdue."),
                    given=given, still=still, late=late)  # fmt: skip


def _seal(book: Book) -> Figure:
    return book.figure(("建议封控小区", "Compounds to seal"), of_plan("lockdown", "seal"), COMPOUNDS, alarm=True)


def _binds(book: Book) -> Paragraph:
    plans, parts = book.sources.plans, []
    if "beds" in plans:
        parts.append(book.say(("", ""), ("床位缺口{now}张（其中危重与重症{worst}张），七天后{later}张。",
                                         "{now} beds are short ({worst} of them for severe and critical patients), in seven days {later}. "),
                              now=beds.short_of(book), worst=beds.short_of(book, needs=beds.WORST), later=beds.later(book)))  # fmt: skip
    if "staff" in plans:
        parts.append(book.say(("", ""), ("医护缺{short}人，可派队伍全部派驻后仍缺{after}人。",
                                         "{short} staff are missing, {after} after all free teams are sent. "),
                              short=staff.short(book), after=staff.short_after(book)))  # fmt: skip
    if "supplies" in plans:
        parts.append(book.say(("", ""), ("低于目标的库存{below}项；最紧缺物资全域可用{days}天。",
                                         "{below} stocks are below target; the scarcest item lasts {days} days over all sites. "),
                              below=supplies.below(book), days=supplies.shortest(book)))  # fmt: skip
    pieces: Pieces = [piece for part in parts for piece in part.pieces]
    for at, proposal in enumerate(plans["joint"].proposals[:BOUND] if "joint" in plans else ()):
        reason = proposal.reasons[0]
        named = book.pick(f"{proposal.name}：", f"{joint.name_of(proposal.subject, book.lang)}: ")
        asked = Query("joint", "proposals", (str(at),), "rows")
        quote = book.quote(reason.said(book.lang), ("综合方案的制约", "What binds the joint plan"), asked)
        pieces += [named, quote, *([" "] if book.lang == "en" else [])]
    return Paragraph(book.pick(*HEADINGS["binds"]), tuple(pieces))


def _uncertain(book: Book) -> Paragraph:
    weak = book.figure(("未经核实的规则", "Rules not verified"),
                       Query("rules", "rules", ("id",), "count", (("verified", ("False",)),)), ("条", "rules"))  # fmt: skip
    said = book.say(HEADINGS["uncertain"], ("所用规则中{weak}条未经核实，只供参考，见“规则与来源”。",
                                            "{weak} of the rules used are not verified and only indicative; see Rules and sources."), weak=weak)  # fmt: skip
    pieces: Pieces = list(said.pieces)
    if "unplaced" in book.sources.tables:
        lost = book.figure(("全市未落点", "Not placed, whole city"), of_plan("unplaced", "persons"), PERSONS)
        pieces += book.say(("", ""), ("全市另有{lost}人未落到小区，小区一级的数字偏低。",
                                      " {lost} more persons of the city are in no compound, so figures by compound are too low."), lost=lost).pieces  # fmt: skip
    for kind, plan in book.sources.plans.items():
        for at, words in enumerate(plan.silence):
            asked = Query(kind, "silence", (str(at),), "rows")
            pieces += _spaced(
                book, [book.quote(words.said(book.lang) + book.pick("。", "."), ("超期数据源", "Overdue feed"), asked)]
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
            text = f"{name}：{proposal.reasons[0].zh}" if book.lang == "zh" else f"{name}: {proposal.reasons[0].en}"
            found.append(book.quote(text, ("不作判断", "Not claimed"), asked))
    return _spaced(book, found)


def _now(name: str) -> Query:
    return of_plan("counts", name)
