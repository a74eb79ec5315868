"""The page of one's own second factor: set up by its holder, changed with a code alone, reset by the administrator, all of it in the journal."""

import re

import pytest

from dashboard import cookies
from dashboard.pages import _journal_words
from layers.store import accounts, factors, identities, journal, sessions
from tests.codes import code_next, code_now
from tests.office import ADMIN, CITY, DISTRICT, GOOD, Office, press_of, said

NAME = DISTRICT.name

PATH = "/second-factor"


pytestmark = pytest.mark.usefixtures("cheap_hashes")


def signed_in(office, name=NAME):
    """A browser that carries a session of an account, as the door begins it."""
    number = accounts.every(office.store).set_index("name").loc[name, "id"]
    with office.store.writing() as connection:
        token = sessions.begin(connection, int(number))
    client = office.anybody()
    client.set_cookie(cookies.SESSION, cookies.sealed(office.settings.secret, token))
    return client


def sent(client, do, code, **more):
    form = {
        "csrf": re.search(r'name="?csrf"? value="(\w+)"', page(client))[1],
        "do": do,
        "code": code,
        "password": GOOD,
    } | more
    return client.post(PATH, data=form)


def page(client):
    return client.get(PATH).get_data(as_text=True)


def secret_in(text):
    return re.search(r"<code tabindex=0>([A-Z2-7 ]+)</code>", text)[1].replace(" ", "")


def codes_in(answer):
    return re.findall(r"<li><code>([a-z2-9-]{14})</code>", answer.get_data(as_text=True))


def set_up(client):
    """Set a second factor up by the page; its secret and recovery codes."""
    secret = secret_in(page(client))
    return secret, codes_in(sent(client, "confirm", code_now(secret)))


def told(office):
    rows = journal.entries(office.store)[::-1]
    return [(row.actor, row.action) for row in rows.itertuples() if row.action.startswith(("account-factor", "account-recovery", "sign-in"))]  # fmt: skip


def test_a_holder_sets_it_up_with_a_first_code_and_sees_secret_and_recovery_codes_once(staffed):
    client = signed_in(staffed)
    secret = secret_in(page(client))
    assert secret == secret_in(page(client))
    wrong = sent(client, "confirm", "12345")
    assert wrong.status_code == 401
    assert "口令不对或已用过" in wrong.get_data(as_text=True)
    assert factors.of(staffed.store, 1) is None
    answer = sent(client, "confirm", code_now(secret))
    codes = codes_in(answer)
    assert len(set(codes)) == factors.CODES
    assert answer.headers["Cache-Control"] == "no-store"
    after = page(client)
    assert "恢复码还剩10个" in after
    assert not any(one in after for one in (secret, *codes))
    assert client.get("/").status_code == 200
    assert told(staffed) == [("nobody", "sign-in-refused"), (NAME, "account-factor")]


@pytest.mark.parametrize("word", ["", "wrong password!!", "x" * 201])
def test_a_desk_that_was_left_open_sets_nothing_up(staffed, word):
    client = signed_in(staffed)
    code = code_now(secret_in(page(client)))
    answer = sent(client, "confirm", code, password=word)
    assert answer.status_code == 401
    assert "密码不对" in answer.get_data(as_text=True)
    assert factors.of(staffed.store, 1) is None
    assert journal.entries(staffed.store, 1)["detail"].iloc[0]["error"] == "password"
    assert [sent(client, "confirm", code, password=word).status_code for _ in range(5)] == [401] * 4 + [429]
    assert not word or word not in str(journal.entries(staffed.store).to_dict("records"))


def test_a_session_that_ends_while_the_password_is_hashed_sets_nothing_up(staffed, monkeypatch):
    client, checked = signed_in(staffed), accounts.checked
    code = code_now(secret_in(page(client)))

    def slowly(*given):
        accounts.end_sessions(staffed.store, "root", NAME)
        return checked(*given)

    monkeypatch.setattr(accounts, "checked", slowly)
    assert sent(client, "confirm", code).headers["Location"] == PATH
    assert factors.of(staffed.store, 1) is None


def test_new_recovery_codes_take_a_code(staffed):
    client = signed_in(staffed)
    secret, codes = set_up(client)
    assert codes_in(sent(client, "codes", "12345")) == []
    new = codes_in(sent(client, "codes", code_next(secret)))
    assert len(new) == factors.CODES
    assert not set(new) & set(codes)
    assert sent(client, "codes", codes[0]).status_code == 401
    assert (NAME, "account-recovery-new") in told(staffed)


def test_one_takes_away_ones_own_with_a_code_alone_and_is_out(staffed):
    client, other = signed_in(staffed), signed_in(staffed)
    secret, _ = set_up(client)
    assert [one.get("/").status_code for one in (client, other)] == [200, 401]  # it began without a second factor
    assert sent(client, "reset", "12345").status_code == 401
    assert factors.of(staffed.store, 1) is not None
    answer = sent(client, "reset", code_next(secret))
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in?reset=1")
    assert "双因素已解除" in client.get("/sign-in?reset=1").get_data(as_text=True)
    assert client.get("/").status_code == other.get("/").status_code == 401
    assert factors.of(staffed.store, 1) is None
    assert told(staffed)[-1] == (NAME, "account-factor-reset")


def test_guessing_is_limited_on_this_page_too(staffed):
    client = signed_in(staffed)
    set_up(client)
    assert [sent(client, "reset", "12345").status_code for _ in range(6)] == [401] * 5 + [429]


@pytest.mark.parametrize("token", ["", "x", "0" * 64])
def test_another_site_changes_nothing(staffed, token):
    client = signed_in(staffed)
    secret, _ = set_up(client)
    assert sent(client, "reset", code_next(secret), csrf=token).status_code == 403
    assert factors.of(staffed.store, 1) is not None


@pytest.mark.parametrize(("form", "status"), [({"do": "drop"}, 400), ({"do": ""}, 400), ({"do": "codes", "code": "1" * 61}, 400), ({"do": "confirm", "password": "x" * 1001}, 400)])  # fmt: skip
def test_what_makes_no_sense_is_refused(staffed, form, status):
    form = dict(form)
    client = signed_in(staffed)
    set_up(client)
    assert sent(client, form.pop("do"), form.pop("code", "123456"), **form).status_code == status


def test_a_pass_has_none_also_where_an_account_bears_its_name(staffed):
    accounts.add(staffed.store, "root", CITY.name, "city", "", GOOD)
    client = staffed.browser(CITY)
    assert "没有账号" in page(client)
    assert client.post(PATH, data={"do": "confirm", "code": "123456"}).status_code == 400
    assert factors.of(staffed.store, 3) is None
    assert staffed.anybody().get(PATH).status_code == 401


def test_whom_a_provider_signs_in_has_none_here(staffed):
    identities.enter(staffed.store, "https://issuer", "1", "总值班", "city", "")
    assert "由统一身份认证登录" in page(signed_in(staffed, "总值班"))


@pytest.mark.parametrize(("lang", "words"), [("zh", "错误 动态口令 · 方式 恢复码 · 剩余 9"), ("en", "error one-time code · by recovery code · left 9")])  # fmt: skip
def test_the_journal_says_in_words_by_what_somebody_came_in(lang, words):
    assert _journal_words.told({"error": "code", "by": "recovery", "left": 9}, lang) == words


# ---- the administrator's page


def pressed(office, do, name, client):
    rows = accounts.every(office.store).set_index("name")["id"]
    id = {"do": do, "index": str(rows[name]), "type": "account-do"}
    values = press_of("account", id) | {"account-field.value": [], "url.search": ""}
    output = "..account-list.children...account-said.children...account-form.children.."
    return office.call(client, output, values, "press-account.data")


def test_an_administrator_resets_it_for_others_and_not_for_themselves(staffed):
    client = signed_in(staffed)
    set_up(client)
    assert "已启用双因素" in said(staffed.page(ADMIN, "/accounts"))
    asked = said(pressed(staffed, "ask-factor", NAME, staffed.browser(ADMIN)))
    assert "须先核实本人" in asked
    assert factors.of(staffed.store, 1) is not None
    pressed(staffed, "factor", NAME, staffed.browser(ADMIN))
    assert factors.of(staffed.store, 1) is None
    assert client.get("/").status_code == 401
    assert told(staffed)[-1] == (ADMIN.name, "account-factor-reset")
    factors.give(staffed.store, "root", ADMIN.name)
    assert "不能在此解除自己的双因素" in said(pressed(staffed, "factor", ADMIN.name, staffed.browser(ADMIN)))
    assert factors.of(staffed.store, 2) is not None


def test_who_needs_one_is_told_on_the_page_of_accounts(built, tmp_path):
    office = Office.copy(tmp_path, built, second_factor=frozenset({"district"}))
    accounts.add(office.store, "root", NAME, "district", "420102", GOOD)
    assert "下次登录时须启用双因素" in said(office.page(ADMIN, "/accounts"))
    office.store.close()
