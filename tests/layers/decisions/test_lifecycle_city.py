"""A small invented city to the beginning of April: certificates come in rounds, and none against the rule, counted person by person."""

import pandas as pd
import pytest
from sqlalchemy import select

from layers._times import day_number, day_start, from_ms, parse_time, to_ms
from layers.decisions import lockdown
from layers.decisions._lockdown_facts import gather
from layers.intake.feeds import feed_named
from layers.intake.profile import load
from layers.intake.run import run
from layers.scenario.city import make_city
from layers.scenario.curve import day_of
from layers.scenario.epidemic import make_epidemic
from layers.scenario.files import write_days, write_places
from layers.store import open_store
from layers.store.asof import ITEMS
from layers.store.schema import assessment, batch, person_status, placement

SEED, COMPOUNDS, CASES = 7, 40, 170
START, END = day_of("2020-02-15"), day_of("2020-04-04")
WANTED = ("districts", "compounds", "cases", "contacts", "fever", "assessments", "controls")
OPENS = ("suspected", "fever", "contact")
STATUSES = (*OPENS, "confirmed", "clinical", "asymptomatic")


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder, store = tmp_path_factory.mktemp("march"), open_store("sqlite://", "drill")
    city = make_city(SEED, COMPOUNDS)
    epidemic = make_epidemic(city, SEED, START, END, CASES)
    files = write_places(folder, city, START) + write_days(folder, city, epidemic, START, END, every=3)
    for one in files:
        if one.feed in WANTED:
            feed = feed_named(one.feed)
            profile = load(one.profile, feed) if one.profile else None
            run(store, feed, one.path, datum=one.datum, profile=profile, known_at=one.known_at, source=one.source)
    return store


@pytest.fixture(scope="module")
def plan(store):
    return lockdown.plan(store, at(store, "2020-04-04"))


def at(store, day):
    return store.view(as_of=parse_time(day), known_at=parse_time(day))


@pytest.fixture(scope="module")
def ledger(store):
    """Every version of every status, placement and assessment: a person at a time, nothing added up."""
    steps = store.read(select(person_status).where(person_status.c.dimension == "status"))
    places, papers = store.read(select(placement)), store.read(select(assessment))
    told = store.read(select(batch.c.feed, batch.c.known_at).where(batch.c.kind == "import"))
    delivered = sorted(to_ms(one) for one in told.loc[told["feed"] == "cases", "known_at"])
    return dated(steps), dated(places), dated(papers), delivered


def dated(rows):
    """The same rows with plain numbers of what happened and was known when: milliseconds, and the day."""
    names = {"seen": "known_from", "until": "known_until", "when": "happened_at"}
    return rows.assign(
        **{name: [to_ms(one) for one in rows[column]] for name, column in names.items()},
        day=[day_number(one) for one in rows["happened_at"]],
    )


def known(rows, moment):
    return rows[(rows["seen"] <= moment) & (rows["until"] > moment)]


def against_the_rule(ledger, code, day):
    """Return what speaks against certifying a compound at 24:00 of `day`, as known then; nothing for nothing."""
    steps, places, papers, delivered = ledger
    moment, found = to_ms(day_start(day + 1)) - 1, []
    here = known(places[places["compound"] == code], moment)
    mine = known(steps, moment).merge(here[["kind", "subject"]], on=["kind", "subject"])
    mine = mine[mine["day"] <= day]
    covered = day_number(from_ms(max(one for one in delivered if one <= moment))) - 1
    for _, rows in mine.groupby(["kind", "subject"]):
        days = rows.loc[rows["value"].isin(["confirmed", "clinical"]), "day"].tolist()
        if days and covered - min(days) < 14:
            found.append(f"a case of day {min(days)}")
        # Two statuses of one day count in the order in which an illness runs.
        ends = rows.loc[rows["when"] == rows["when"].max(), "value"].tolist()
        last = max(ends, key=lambda value: STATUSES.index(value) if value in STATUSES else len(STATUSES))
        if last in OPENS:
            found.append(f"somebody {last}")
    paper = known(papers[papers["compound"] == code], moment)
    paper = paper[paper["when"] == paper["when"].max()] if len(paper) else paper
    if paper.empty or not all(bool(value) for name in ITEMS for value in paper[name]):
        found.append("an item is missing")
    return found


def test_replaying_the_city_gives_a_curve_of_certified_compounds(plan):
    rounds = plan.tables["rounds"]
    assert len(rounds) >= 8
    assert rounds["no_epidemic"].iloc[0] < rounds["no_epidemic"].iloc[-1]
    assert rounds["no_epidemic"].iloc[-1] > COMPOUNDS / 2
    before = rounds["no_epidemic"].shift(fill_value=0)
    assert (before + rounds["added"] - rounds["removed"] == rounds["no_epidemic"]).all()
    city = plan.tables["curve"].query("district == ''")
    assert city["day"].iloc[0] == "2020-03-01"
    assert (city["compounds"] == COMPOUNDS).all()


def test_no_compound_is_ever_certified_against_the_rule(plan, ledger):
    moves = plan.tables["transitions"]
    certified = moves[(moves["state"] == "certified") & (moves["cause"] == "round")]
    assert len(certified) > COMPOUNDS / 2
    wrong = {
        (code, day): why
        for code, day in zip(certified["compound"], certified["day"], strict=True)
        if (why := against_the_rule(ledger, code, day_of(day)))
    }
    assert wrong == {}


def test_the_checker_finds_what_speaks_against_the_compounds_that_were_not_certified(plan, ledger):
    state = plan.tables["compounds"].set_index("code")["life"]
    rest = state[state.isin(["closed", "cancelled"])].index
    assert all(against_the_rule(ledger, code, END) for code in rest)


def test_a_view_of_an_earlier_day_sees_the_beginning_of_the_same_life(store, plan):
    early = lockdown.plan(store, at(store, "2020-03-14")).tables["transitions"]
    whole = plan.tables["transitions"]
    whole = whole[whole["day"] <= "2020-03-14"]
    pd.testing.assert_frame_equal(early, whole.reset_index(drop=True))


def test_the_plan_is_the_same_for_the_same_state(store, plan):
    assert lockdown.propose(gather(store, at(store, "2020-04-04")), at(store, "2020-04-04")).to_json() == plan.to_json()
