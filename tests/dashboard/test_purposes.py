"""What is masked of a person, shown for a purpose: to whom, which fields, and what the journal then says."""

from itertools import product

import pytest

from dashboard import doors
from dashboard.purposes import FIELDS, PURPOSES, open_to
from dashboard.roles import AccessError, Person
from dashboard.text import LANGS, say
from layers._errors import StoreError
from layers.intake.feeds import all_feeds
from layers.store import journal
from tests.office import CITY, COMMUNITY, DISTRICT, STREET, Office, press_of, said

WHO = {"city": CITY, "district": DISTRICT, "street": STREET, "community": COMMUNITY}
WHO |= {role: Person("x", role) for role in sorted(doors.SIGNED_IN - doors.OFFICE)}
WHOLE = {"address": "江岸区春风里3栋2单元501", "note": "与同事聚餐"}
OPEN = {  # role -> purpose -> what is shown, as it was decided; whoever changes the matrix changes it here as well
    "city": {"visit": "address", "transfer": "address", "tracing": "address note", "correction": "address note"},
    "district": {"visit": "address", "transfer": "address", "tracing": "address note", "correction": "address note"},
    "street": {"visit": "address", "transfer": "address"},
    "community": {"visit": "address", "transfer": "address"},
}


@pytest.fixture
def own(tmp_path, built):
    office = Office.copy(tmp_path, built)
    yield office
    office.store.close()


def reveals(store):
    rows = journal.entries(store)
    return rows[rows["action"] == "reveal"][["actor", "subject", "detail"]].to_numpy().tolist()


def pressed(place, who, purpose, index="case/1", browser=None, search=""):
    values = press_of("reveal", {"type": "reveal-do", "do": purpose, "index": index})
    values |= {"url.pathname": "/lockdown", "url.search": search}
    return place.call(browser or place.browser(who), "revealed.children", values)


@pytest.mark.parametrize(("role", "purpose"), product(WHO, [*PURPOSES, "curiosity", ""]))
def test_the_matrix_of_role_purpose_and_field(own, role, purpose):
    gate, wanted = own.app.server.extensions["desk"].gate, OPEN.get(role, {}).get(purpose, "").split()
    if not wanted:
        with pytest.raises(AccessError):
            gate.reveal(own.store, WHO[role], own.store.view(), "case", "1", purpose)
        assert reveals(own.store) == []
        return
    assert gate.reveal(own.store, WHO[role], own.store.view(), "case", "1", purpose) == {f: WHOLE[f] for f in wanted}
    told = {"purpose": purpose, "fields": wanted, "role": role, "area": WHO[role].area}
    assert reveals(own.store) == [[WHO[role].name, "case:1", told]]


def test_every_field_that_can_be_shown_is_one_that_the_feeds_declare_as_sealed():
    for feed in (one for one in all_feeds().values() if one.placed):
        assert {feed.column(name).personal.kept for name in FIELDS} == {"sealed"}
    assert {name for purpose in PURPOSES.values() for name in purpose.fields} == set(FIELDS)


def test_every_purpose_has_its_words():
    assert all(say(f"purpose.{name}", lang) for name in PURPOSES for lang in LANGS)
    assert open_to("public") == []


@pytest.mark.parametrize("person", [DISTRICT, STREET, COMMUNITY], ids=lambda one: one.role)
def test_nobody_is_shown_a_person_of_another_area(own, person):
    for area in ("", "420103", "compound:C4"):
        answer = pressed(own, person, "visit", "case/5", search=f"?area={area}" if area else "")
        assert "长江花园" not in said(answer)
        assert "301" not in said(answer)
    assert reveals(own.store) == []


def test_a_press_shows_it_in_the_panel_and_is_taken_down_first(own):
    answer = said(pressed(own, STREET, "visit"))
    assert "3栋2单元501" in answer
    assert "与同事聚餐" not in answer
    assert [entry[0] for entry in reveals(own.store)] == [STREET.name]
    answer = said(pressed(own, CITY, "tracing"))
    assert "与同事聚餐" in answer
    assert len(reveals(own.store)) == 2


def test_what_the_journal_cannot_take_down_is_not_shown(own, monkeypatch):
    def full(*_args):
        raise StoreError("the disk is full", "磁盘已满")

    monkeypatch.setattr(journal, "add", full)
    answer = said(pressed(own, CITY, "tracing"))
    assert "501" not in answer
    assert "磁盘已满" in answer


def test_a_refusal_says_why(own):
    assert "不能以此用途查看" in said(pressed(own, STREET, "tracing"))
    assert pressed(own, CITY, "visit", "planet/1").status_code == 400
    assert reveals(own.store) == []


def test_nobody_is_shown_anything_without_signing_in_or_without_the_token(own):
    assert pressed(own, None, "visit", browser=own.anybody()).status_code == 401
    assert pressed(own, Person("x", "auditor"), "visit").status_code == 403
    assert reveals(own.store) == []


def panel(own, who, search=""):
    values = {"pick.data": {"layer": "person", "id": "case/1"}, "url.pathname": "/lockdown", "url.search": search}
    return said(own.call(own.browser(who), "detail.children", values | {"scale.data": 1}))


def test_the_panel_says_who_told_a_step_in_the_language_of_the_reader(own):
    zh, en = panel(own, STREET), panel(own, STREET, "?lang=en")
    assert ("市疾控中心" in zh, "City CDC" in zh) == (True, False)
    assert ("市疾控中心" in en, "City CDC" in en) == (False, True)


def test_the_panel_offers_the_purposes_of_the_role(own):
    def offered(who):
        answer = panel(own, who)
        return [name for name in PURPOSES if f'"do": "{name}"' in answer]

    assert offered(CITY) == ["visit", "transfer", "tracing", "correction"]
    assert offered(STREET) == ["visit", "transfer"]
