"""Changing the gazetteer: seen first, then believed, undone by a new fact, and the past stays."""

import pytest
from sqlalchemy import select

from layers._times import parse_time
from layers.cases import query as cases_of
from layers.compounds import query as compounds_of
from layers.intake.feeds.assessments import ITEMS
from layers.intake.gazetteer_care import care_now
from layers.intake.gazetteer_changes import CareError, Change, all_changes, make, offer, undo, written_name
from layers.intake.merged_facts import missing
from layers.intake.rematch import rematch
from layers.intake.review import decide
from layers.store import totals
from layers.store.asof import newest
from layers.store.schema import FACTS, FOREVER, assessment, care, control, placement
from tests import city
from tests.beginnings import begun

TWIN = (
    {"compound_id": "C9", "name": "春风里", "aliases": "迎春新村", "district": "江岸区", "street": "一元街道"},
    city.square(0.2, 0.2),
)


def with_a_twin(store, folder):
    city.deliver(store, "compounds", city.geojson(folder / "twin.geojson", [TWIN]), "2020-01-02T08:00", datum="wgs84")
    rows = [
        {"case_id": "1", "address": "江岸区丹水池小区1栋"},
        {"case_id": "2", "address": "江岸区春风里3栋"},
        {"case_id": "3", "address": "江汉区长江花园5栋"},
        {"case_id": "4", "address": "江岸区蓝天雅居7栋"},
    ]
    city.cases(store, folder, "2020-02-10T18:00", *rows)


@pytest.fixture
def store(tmp_path):
    return begun(f"sqlite:///{tmp_path / 'store.db'}", tmp_path, with_a_twin)


def counts(store, known_at=None):
    view = store.view(as_of=parse_time("2020-02-20"), known_at=parse_time(known_at) if known_at else None)
    rows = store.read(totals.state(view, "compound"))
    return dict(zip(rows["area"], rows["n"], strict=True))


def names(store, known_at=None, as_of="2020-02-20"):
    view = store.view(as_of=parse_time(as_of), known_at=parse_time(known_at) if known_at else None)
    rows = store.read(compounds_of(view))
    return dict(zip(rows["code"], rows["name"], strict=True))


def where(store, subject):
    query = select(placement).where(placement.c.known_until == FOREVER, placement.c.subject == subject)
    row = store.read(query).iloc[0]
    return row["status"], row["compound"], row["decided_by"]


def settled(store):
    """Person 2 stands in C9 by a reviewer's word: the machine cannot tell the twins apart."""
    assert where(store, "2")[0] == "review"
    decide(store, "case:2", "C9", "duty")
    return make(store, Change("merge", "C9", ("C1",), on=parse_time("2020-02-01")), "总值班", apply=True)


def test_the_view_of_a_merged_compound_shows_its_survivor_from_the_merge_on(store):
    before = store.latest()
    settled(store)
    shown = store.read(cases_of(store.view("compound:C9", parse_time("2020-02-20"))))
    assert shown["code"].tolist() == ["C1"]
    assert store.view("compound:C9").area == "compound:C1"
    assert store.view("compound:C9", known_at=before).area == "compound:C9"
    assert store.view("compound:nowhere").area == "compound:nowhere"


def test_a_merge_is_rehearsed_first_and_then_writes_nothing(store):
    decide(store, "case:2", "C9", "duty")
    before = {name: len(store.read(select(table.c.id))) for name, table in FACTS.items()}
    found = make(store, Change("merge", "C9", ("C1",)), "总值班")
    assert found.batch is None
    assert found.moved[["subject", "was_compound", "compound"]].values.tolist() == [["2", "C9", "C1"]]
    assert {name: len(store.read(select(table.c.id))) for name, table in FACTS.items()} == before


def test_a_merged_compounds_persons_are_the_survivors_from_then_on_and_the_past_stays(store):
    decided = store.latest()
    settled(store)
    assert counts(store) == {"C2": 1, "C1": 1, "": 2}
    assert counts(store, decided.isoformat()) == {"C2": 1, "": 3}
    assert where(store, "2") == ("accepted", "C1", "duty")  # the reviewer's word stands, at the survivor
    assert "C9" not in names(store)
    assert names(store, decided.isoformat())["C9"] == "春风里"
    assert rematch(store).empty
    view = store.view(as_of=parse_time("2020-02-20"))
    shown = store.read(cases_of(view)).dropna(subset=["now_confirmed"])  # every compound is there, most with nobody
    assert shown["code"].tolist() == ["C1", "C2"]


def test_the_old_name_of_a_merged_compound_keeps_working(store, tmp_path):
    settled(store)
    city.cases(store, tmp_path, "2020-02-12T18:00", {"case_id": "5", "address": "江岸区迎春新村9栋"})
    assert where(store, "5") == ("accepted", "C1", "auto")


def test_a_new_delivery_of_a_merged_compound_does_not_bring_it_back(store, tmp_path):
    settled(store)
    row = TWIN[0] | {"households": 77}
    city.deliver(
        store, "compounds", city.geojson(tmp_path / "t.geojson", [(row, TWIN[1])]), "2020-02-13", datum="wgs84"
    )
    assert "C9" not in names(store)
    assert counts(store)["C1"] == 1


def test_orders_of_a_merged_compound_are_the_survivors_too(store, tmp_path):
    zone = {"zone_id": "Z1", "name": "春风里", "compound": "C9", "state": "封控", "since": "2020-02-11"}
    city.deliver(store, "controls", city.table(tmp_path / "z.csv", [zone]), "2020-02-11T18:00")
    change = settled(store)
    assert city.believed(store, "control")["compound"].tolist() == ["C1"]
    receipt = city.deliver(store, "controls", city.table(tmp_path / "z2.csv", [zone]), "2020-02-12T18:00")
    assert (receipt.count("unchanged"), receipt.count("changed")) == (1, 0)
    undo(store, change.batch, "总值班", apply=True)
    assert city.believed(store, "control")["compound"].tolist() == ["C9"]


def orders(store, folder, *states):
    """Orders on C1 and C9, the later one on C9; the states as a provider writes them."""
    zones = [
        {"zone_id": f"Z{n}", "name": "春风里", "compound": code, "state": state, "since": f"2020-02-0{8 + n}"}
        for n, (code, state) in enumerate(zip(("C1", "C9"), states, strict=True))
    ]
    return city.deliver(store, "controls", city.table(folder / "z.csv", zones), "2020-02-11T18:00")


def in_force(store):
    view = store.view(as_of=parse_time("2020-02-20"))
    return store.read(newest(control, view, by=("compound",))).set_index("compound")["state"].to_dict()


@pytest.mark.parametrize("states", [("封控", "解封"), ("解封", "封控"), ("封控", "管控")])
def test_a_merge_never_lifts_a_seal_and_says_which_orders_it_moves(store, tmp_path, states):
    orders(store, tmp_path, *states)
    before = in_force(store)
    found = make(store, Change("merge", "C9", ("C1",)), "总值班")
    assert found.facts[["table", "was_compound", "compound", "says", "stands"]].values.tolist() == [
        ["control", "C9", "C1", before["C9"], "sealed"]
    ]
    done = make(store, Change("merge", "C9", ("C1",)), "总值班", apply=True)
    assert in_force(store) == {"C1": "sealed"}
    again = city.table(tmp_path / "y.csv", [{"zone_id": "Z1", "name": "春风里", "compound": "C9", "state": states[1], "since": "2020-02-09"}])  # fmt: skip
    city.deliver(store, "controls", again, "2020-02-12T18:00")
    assert in_force(store) == {"C1": "sealed"}
    undo(store, done.batch, "总值班", apply=True)
    assert in_force(store) == before


def test_an_order_after_the_merge_holds(store, tmp_path):
    orders(store, tmp_path, "封控", "解封")
    make(store, Change("merge", "C9", ("C1",)), "总值班", apply=True)
    lifted = {"zone_id": "Z0", "name": "春风里", "compound": "C1", "state": "解封", "since": "2020-02-14"}
    city.deliver(store, "controls", city.table(tmp_path / "y.csv", [lifted]), "2020-02-15T18:00")
    assert in_force(store) == {"C1": "open"}


def assessed(store, folder, known_at, **missing):
    """Assessments of the compounds named, of the day before; each with the items that are not in place."""
    day = str(parse_time(known_at).date())
    rows = [
        {"compound": code, "assessed_at": day, **{item: "否" if item in items else "是" for item in ITEMS}}
        for code, items in missing.items()
    ]
    return city.deliver(store, "assessments", city.table(folder / f"a{day}.csv", rows), known_at)


def lacking(store):
    view = store.view(as_of=parse_time("2020-02-28"))
    rows = store.read(newest(assessment, view, by=("compound",))).to_dict("records")
    return {row["compound"]: missing(row) for row in rows}


def test_what_one_of_two_merged_compounds_lacks_the_survivor_lacks(store, tmp_path):
    assessed(store, tmp_path, "2020-02-11T18:00", C1=["supply"], C9=["closure"])
    done = make(store, Change("merge", "C9", ("C1",)), "总值班", apply=True)
    assert done.facts[["table", "says", "stands"]].values.tolist() == [["assessment", "closure", "closure supply"]]
    assert lacking(store) == {"C1": "closure supply"}
    undo(store, done.batch, "总值班", apply=True)
    assert lacking(store) == {"C1": "supply", "C9": "closure"}


def test_a_merged_compounds_later_assessments_are_the_survivors(store, tmp_path):
    assessed(store, tmp_path, "2020-02-11T18:00", C1=[], C9=[])
    make(store, Change("merge", "C9", ("C1",)), "总值班", apply=True)
    assessed(store, tmp_path, "2020-02-11T19:00", C9=["supply"])  # of the same day, corrected: under its own key
    assert lacking(store) == {"C1": "supply"}
    receipt = assessed(store, tmp_path, "2020-02-15T18:00", C9=["closure"])
    assert lacking(store) == {"C1": "closure"}
    assert "they count for the survivors" in str(receipt.notices)
    assert not receipt.warned


@pytest.mark.parametrize("rows", [{"C1": ["closure"], "C9": []}, {"C9": [], "C1": ["closure"]}])
def test_of_assessments_of_both_on_one_day_the_stricter_holds(store, tmp_path, rows):
    make(store, Change("merge", "C9", ("C1",)), "总值班", apply=True)
    assessed(store, tmp_path, "2020-02-15T18:00", **rows)
    assert lacking(store) == {"C1": "closure"}


def test_an_assessment_of_a_split_compound_is_warned_about(store, tmp_path):
    make(store, Change("split", "C1", ("C2", "C3")), "总值班", apply=True)
    receipt = assessed(store, tmp_path, "2020-02-15T18:00", C1=[])
    assert [(note.column, note.found) for note in receipt.warned] == [("compound", "C1")]


def test_an_undone_merge_puts_everything_back_and_both_stay_on_record(store):
    change = settled(store)
    rehearsed = undo(store, change.batch, "总值班")
    assert rehearsed.moved[["subject", "was_compound", "compound"]].values.tolist() == [["2", "C1", "C9"]]
    assert where(store, "2")[1] == "C1"
    undo(store, change.batch, "局长", apply=True, why="两处不同")
    assert where(store, "2") == ("accepted", "C9", "duty")
    assert counts(store) == {"C2": 1, "C9": 1, "": 2}
    assert names(store)["C9"] == "春风里"
    rows = (
        store.read(select(care.c.stands, care.c.decided_by, care.c.why).order_by(care.c.id)).fillna("").values.tolist()
    )
    assert rows == [[True, "总值班", ""], [False, "局长", "两处不同"]]
    with pytest.raises(CareError, match="no change of the gazetteer that stands"):
        undo(store, change.batch, "局长", apply=True)


def test_a_taught_alias_matches_what_comes_later_and_what_waited_after_rematching(store, tmp_path):
    assert written_name("江岸区蓝天雅居7栋") == "蓝天雅居"
    make(store, Change("alias", "C3", name="蓝天雅居"), "总值班", apply=True)
    city.cases(store, tmp_path, "2020-02-12T18:00", {"case_id": "6", "address": "江岸区蓝天雅居2栋1单元"})
    assert where(store, "6") == ("accepted", "C3", "auto")
    assert where(store, "4")[1] == ""
    assert rematch(store, apply=True)["subject"].tolist() == ["4"]
    assert where(store, "4") == ("accepted", "C3", "auto")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("丹水池", "is a spelling of C2"),
        ("长江花园", "is a spelling of C4, C5"),  # the family of two phases: it would draw the people of both
        ("教师公寓", "a spelling of C3 already"),
        ("9栋", "is no name"),
    ],
)
def test_a_name_that_means_another_compound_is_not_taught(store, name, why):
    with pytest.raises(CareError, match=why):
        make(store, Change("alias", "C3", name=name), "总值班", apply=True)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("江岸区", "a district or a city"),
        ("武汉市", "a district or a city"),
        ("武汉江岸区", "a district or a city"),
        ("解放大道", "a road"),
        ("江岸区解放大道", "a road"),
        ("岳飞街", "a road"),  # that no listed address names
        ("四唯新里", "an area"),  # that the gazetteer lists, whatever it ends in
        ("一元街道", "an area"),
        ("一元街", "an area"),
        ("幸福渠社区", "an area"),
        ("同兴里社区", "an area"),
        ("中山公园", "an area"),  # a community is called so here
        ("春风里旁", "a place beside"),
        ("协和医院对面", "a place beside"),
        ("家属宿舍", "a general word"),
        ("出租屋附近", "a place beside"),
    ],
)
def test_a_name_that_means_no_compound_is_neither_taught_nor_offered(store, tmp_path, name, why):
    listed = {"compound_id": "D1", "name": "湖边小筑", "district": "江岸区", "community": "中山公园"}
    listed |= {"addresses": "江岸区解放大道95号;江岸区解放大道97号;江岸区四唯新里路8号", "areas": "同兴里;四唯新里"}
    file = city.geojson(tmp_path / "d.geojson", [(listed, city.square(3, 1))])
    city.deliver(store, "compounds", file, "2020-02-11T08:00", datum="wgs84")
    with pytest.raises(CareError, match=f"is {why}"):
        make(store, Change("alias", "C3", name=name), "总值班", apply=True)
    assert offer(store, f"江岸区{name}5栋2单元", ["C3"]).get("C3") != name


@pytest.mark.parametrize("name", ["协和医院", "中山公园", "武汉天地", "常青花园东区", "同兴里", "永清街坊", "江岸名苑"])
def test_a_landmark_or_a_name_like_a_place_can_be_taught_where_no_place_bears_it(store, name):
    make(store, Change("alias", "C3", name=name), "总值班", apply=True)
    assert all_changes(store)["name"].tolist() == [name]


def test_a_district_is_told_no_other_districts_compounds(store):
    for change in (Change("alias", "C3", name="长江花园一期"), Change("alias", "C4", name="蓝天雅居")):
        with pytest.raises(CareError) as refused:
            make(store, change, "江岸值班", area="420102")
        assert not {"C4", "C5", "长江花园"} & set(str(refused.value).replace(change.code, "").split())


def test_an_alias_of_a_decision_that_was_corrected_since_can_still_be_forgotten(store, tmp_path):
    city.cases(store, tmp_path, "2020-02-11T18:00", {"case_id": "5", "address": "江岸区新里程春风里3栋"})
    one = decide(store, "case:5", "C1", "duty", learn="新里程春风里")
    decide(store, "case:5", "C9", "chief", correcting=True)
    undo(store, one.batch, "chief", apply=True)
    assert all_changes(store)["stands"].tolist() == [False, True]  # newest first
    with store.snapshot() as connection:
        assert care_now(connection).empty
    assert where(store, "5") == ("accepted", "C9", "chief")


def test_undoing_the_alias_of_a_decision_leaves_the_decision(store, tmp_path):
    city.cases(store, tmp_path, "2020-02-11T18:00", {"case_id": "5", "address": "江岸区新里程春风里3栋"})
    one = decide(store, "case:5", "C1", "duty", learn="新里程春风里")
    assert undo(store, one.batch, "chief", apply=True).moved.empty
    assert where(store, "5") == ("accepted", "C1", "duty")


def test_merges_are_undone_newest_first(store):
    first = settled(store)
    second = make(store, Change("merge", "C1", ("C2",)), "总值班", apply=True)
    with pytest.raises(CareError, match=f"batch {second.batch} is a merge of C1 since"):
        undo(store, first.batch, "总值班", apply=True)
    undo(store, second.batch, "总值班", apply=True)
    undo(store, first.batch, "总值班", apply=True)
    assert where(store, "2") == ("accepted", "C9", "duty")


def test_a_renamed_compound_has_its_new_name_from_the_day_on_and_answers_to_both(store, tmp_path):
    make(store, Change("rename", "C2", name="江景新城", on=parse_time("2020-02-15T00:00")), "总值班", apply=True)
    assert names(store)["C2"] == "江景新城"
    assert names(store, as_of="2020-02-14")["C2"] == "丹水池小区"
    rows = [{"case_id": "7", "address": "江岸区江景新城2栋"}, {"case_id": "8", "address": "江岸区丹水池小区2栋"}]
    city.cases(store, tmp_path, "2020-02-16T18:00", *rows)
    assert [where(store, s)[1] for s in ("7", "8")] == ["C2", "C2"]


def test_persons_of_a_split_compound_wait_until_their_address_tells_the_part(store, tmp_path):
    parts = [
        ({"compound_id": f"P{n}", "name": f"丹水池{side}区", "district": "江岸区"}, city.square(2 + n * 0.3, 0, 0.002))
        for n, side in enumerate("东西")
    ]
    city.cases(store, tmp_path, "2020-02-10T19:00", {"case_id": "9", "address": "江岸区丹水池东区4栋"})
    city.deliver(store, "compounds", city.geojson(tmp_path / "p.geojson", parts), "2020-02-11", datum="wgs84")
    decide(store, "case:9", "C2", "duty") if where(store, "9")[0] == "review" else None
    change = make(store, Change("split", "C2", ("P0", "P1")), "总值班", apply=True)
    assert sorted(change.moved["subject"]) == ["1", "9"]
    assert where(store, "1") == ("review", "", "auto")
    moved = rematch(store, apply=True)
    assert where(store, "9")[:2] == ("accepted", "P0")
    assert where(store, "1")[0] == "review", moved
    assert "C2" not in names(store)
    undo(store, change.batch, "总值班", apply=True)
    rematch(store, apply=True)
    assert where(store, "1")[:2] == ("accepted", "C2")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (Change("merge", "C9", ("C0",)), "no such compound"),
        (Change("merge", "C9", ("C9",)), "named twice"),
        (Change("split", "C9", ("C1",)), "two parts"),
        (Change("rename", "C9", name=" "), "wanted 2 to"),
        (Change("close", "C9"), "wanted one of"),
    ],
)
def test_a_change_that_makes_no_sense_is_refused(store, change, why):
    with pytest.raises(CareError, match=why):
        make(store, change, "总值班", apply=True)


def test_a_compound_that_was_given_up_cannot_be_changed_again(store):
    settled(store)
    with pytest.raises(CareError, match="merged or split already"):
        make(store, Change("merge", "C2", ("C9",)), "总值班", apply=True)


def test_a_district_changes_only_its_own(store):
    with pytest.raises(CareError, match="C3 lies outside 420103"):
        make(store, Change("alias", "C3", name="蓝天雅居"), "江汉值班", apply=True, area="420103")
