"""The page of accounts: made, closed, signed out and given a password by their administrator alone, each time in the journal."""

import re

import pytest
from sqlalchemy import select

from dashboard import cookies
from dashboard.keeping import Keeper
from dashboard.roles import AccessError
from layers.store import accounts, journal, open_store, passwords, sessions
from layers.store.schema import account
from tests import city
from tests.office import ADMIN, AUDITOR, CITY, DISTRICT, GOOD, PUBLIC, SHOWN, Office, press_of, said

NAME = DISTRICT.name

FIELDS = ("name", "role", "area")


pytestmark = pytest.mark.usefixtures("cheap_hashes")


def pressed(place, do, name="", who=ADMIN, client=None, entered=("", "", "")):
    """The answer to a press on a button of the page, with what stands in the form."""
    rows = accounts.every(place.store).set_index("name")["id"]
    id = {"do": do, "index": str(rows.get(name, 0)), "type": "account-do"}
    fields = [
        {"id": {"index": one, "type": "account-field"}, "property": "value", "value": value}
        for one, value in zip(FIELDS, entered, strict=True)
    ]
    values = press_of("account", id) | {"account-field.value": fields, "url.search": ""}
    output = "..account-list.children...account-said.children...account-form.children.."
    return place.call(client or place.browser(who), output, values, "press-account.data")


def password_in(answer):
    return re.search(r"[A-Za-z2-9]{5}(?:-[A-Za-z2-9]{5}){3}", said(answer))


def last(place):
    row = journal.entries(place.store, 1).iloc[0]
    return row["actor"], row["action"], row["subject"]


def test_an_account_is_made_and_its_password_shown_once(staffed):
    answer = pressed(staffed, "make", entered=("一元街值班", "street", "420102/一元街道"))
    password = password_in(answer)[0]
    assert accounts.checked(staffed.store, "一元街值班", password).area == "420102/一元街道"
    assert last(staffed) == (ADMIN.name, "account-add", "一元街值班")
    assert password not in str(journal.entries(staffed.store).to_dict("records"))
    later = said(staffed.page(ADMIN, "/accounts"))
    assert "一元街值班" in later
    assert password not in later
    assert password_in(staffed.page(ADMIN, "/accounts")) is None


@pytest.mark.parametrize(
    ("name", "role", "area", "why"),
    [
        ("a", "district", "", "角色与区域不相配"),
        ("a", "auditor", "420102", "角色与区域不相配"),
        ("a", "mayor", "", "角色与区域不相配"),
        ("a", "district", "429999", "本库没有区域"),
        ("", "city", "", "不能作账号名"),
        (NAME, "city", "", "已有账号"),
    ],
)
def test_what_is_wrong_is_said_beside_the_form_and_what_was_entered_stays(staffed, name, role, area, why):
    before = len(accounts.every(staffed.store))
    text = said(pressed(staffed, "make", entered=(name, role, area)))
    assert why in text
    assert f'"value": "{area}"' in text
    assert len(accounts.every(staffed.store)) == before


def test_closing_asks_first_and_signs_out_at_once(staffed):
    client = signed_in(staffed)
    assert "停用“江岸值班”？" in said(pressed(staffed, "ask-disable", NAME))
    assert client.get("/").status_code == 200
    assert "已全部结束" in said(pressed(staffed, "disable", NAME))
    assert client.get("/").status_code == 401
    assert last(staffed) == (ADMIN.name, "account-disable", NAME)
    assert "已启用" in said(pressed(staffed, "enable", NAME))
    assert accounts.checked(staffed.store, NAME, GOOD) is not None


def signed_in(place):
    with place.store.writing() as connection:
        number = connection.execute(select(account.c.id).where(account.c.name == NAME)).scalar_one()
        token = sessions.begin(connection, number)
    client = place.anybody()
    client.set_cookie(cookies.SESSION, cookies.sealed(place.settings.secret, token))
    assert client.get("/").status_code == 200
    return client


def test_nobody_closes_their_own_account(staffed):
    assert "不能停用自己的账号" in said(pressed(staffed, "disable", ADMIN.name))
    assert not accounts.every(staffed.store).set_index("name").loc[ADMIN.name, "disabled"]


def test_a_new_password_voids_the_old_one_and_every_session(staffed):
    client = signed_in(staffed)
    assert "重设密码？" in said(pressed(staffed, "ask-password", NAME))
    assert accounts.checked(staffed.store, NAME, GOOD) is not None
    password = password_in(pressed(staffed, "password", NAME))[0]
    assert accounts.checked(staffed.store, NAME, GOOD) is None
    assert accounts.checked(staffed.store, NAME, password) is not None
    assert client.get("/").status_code == 401
    assert last(staffed) == (ADMIN.name, "account-password", NAME)


def test_sessions_are_counted_and_ended(staffed):
    clients = [signed_in(staffed), signed_in(staffed)]
    assert "登录2处" in said(staffed.page(ADMIN, "/accounts"))
    assert "2处登录" in said(pressed(staffed, "sessions", NAME))
    assert [one.get("/").status_code for one in clients] == [401, 401]
    assert last(staffed) == (ADMIN.name, "account-sessions", NAME)
    assert journal.entries(staffed.store, 1)["detail"].iloc[0] == {"ended": 2}


def test_a_press_without_the_token_of_its_page_does_nothing(staffed):
    client = staffed.browser(ADMIN)
    del client.environ_base[SHOWN]
    assert pressed(staffed, "disable", NAME, client=client).status_code == 403
    assert not accounts.every(staffed.store).set_index("name").loc[NAME, "disabled"]


@pytest.mark.parametrize("who", [CITY, AUDITOR, PUBLIC], ids=lambda one: one.role)
def test_nobody_else_changes_an_account(staffed, who):
    for do in ("disable", "password", "sessions", "make"):
        assert pressed(staffed, do, NAME, who).status_code == 403
    with pytest.raises(AccessError):
        Keeper(staffed.app.server.extensions["desk"], who)
    assert last(staffed)[0] == "root"


@pytest.mark.parametrize("do", ["frob", ""])
def test_a_button_that_there_is_not_is_refused(staffed, do):
    assert pressed(staffed, do, NAME).status_code == 400


def test_a_drill_has_no_accounts_and_says_so(tmp_path):
    url = f"sqlite:///{tmp_path / 'drill.db'}"
    city.found(open_store(url, "drill"), tmp_path).close()
    drill = Office(url, "drill")
    assert "演练中人人可看" in said(drill.page(drill.anybody(), "/accounts"))
    assert pressed(drill, "make", client=drill.anybody()).status_code == 403
    drill.store.close()


def test_a_new_password_can_be_read_out():
    found = {passwords.made() for _ in range(200)}
    assert len(found) == 200
    assert set("".join(found)) <= set(passwords.LETTERS + "-")
    assert not set("0O1lI") & set(passwords.LETTERS)
    assert all(passwords.hashed(one, "x-1") for one in list(found)[:3])
