"""The second step at the door: a password alone opens nothing, a code counts once, and nobody learns from the answers what was right."""

import re
import time

import pytest
from itsdangerous import URLSafeTimedSerializer, timed
from sqlalchemy import update

from dashboard import cookies, throttle
from dashboard.app import create_app
from dashboard.doors import SIGNED_IN
from dashboard.text import say
from layers.store import accounts, factors, halfway, journal
from layers.store.schema import second_factor
from tests.office import Office

GOOD = "seven lanterns at dusk"
WITH, WITHOUT = "江岸值班", "江汉值班"
SECOND = "/sign-in/second"


pytestmark = pytest.mark.usefixtures("cheap_hashes")


@pytest.fixture
def office_of(built, tmp_path):
    """An office with one account that has a second factor and one that has none."""
    made = []

    def make(**settings):
        office = Office.copy(tmp_path, built, **settings)
        for name, area in ((WITH, "420102"), (WITHOUT, "420103")):
            accounts.add(office.store, "root", name, "district", area, GOOD)
        office.secret, office.codes = factors.give(office.store, "root", WITH)
        made.append(office)
        return office

    yield make
    for office in made:
        office.store.close()


@pytest.fixture
def own(office_of):
    return office_of()


def token_in(answer):
    return re.search(r'name="?csrf"? value="(\w+)"', answer.get_data(as_text=True))[1]


def password(client, word=GOOD, name=WITH, there="/beds"):
    """Send name and password; the answer."""
    form = {"name": name, "password": word, "csrf": token_in(client.get("/sign-in")), "next": there}
    return client.post("/sign-in", data=form)


def code(client, text, **more):
    """Send a code by the form that the browser is shown; the answer."""
    data = {"csrf": token_in(client.get(SECOND)), "code": text} | more
    return client.post(SECOND, data=data)


def now_of(office, off=0):
    return factors.code_of(office.secret, time.time() + off)


def told(office):
    rows = journal.entries(office.store)[::-1]
    return [(row.action, row.subject, row.detail.get("error", row.detail.get("by", ""))) for row in rows.itertuples() if row.action.startswith("sign-")]  # fmt: skip


def wrong_one(office):
    """Six digits that are no code of now."""
    return next(one for one in ("000000", "111111", "222222", "333333", "444444") if one not in {now_of(office, off) for off in (-60, -30, 0, 30, 60)})  # fmt: skip


def test_a_password_alone_opens_nothing_and_the_code_lets_in(own):
    client = own.anybody()
    answer = password(client)
    assert (answer.status_code, answer.headers["Location"]) == (303, SECOND)
    assert client.get_cookie(cookies.SESSION) is None
    assert client.get("/beds").status_code == client.get("/pulse").status_code == 401
    answer = code(client, now_of(own))
    assert (answer.status_code, answer.headers["Location"]) == (303, "/beds")
    assert client.get("/beds").status_code == 200
    assert told(own) == [("sign-in-half", WITH, ""), ("sign-in", WITH, "code")]
    assert client.get_cookie(cookies.HALF, path=SECOND) is None


def test_an_account_without_one_signs_in_as_before(own):
    client = own.anybody()
    assert password(client, name=WITHOUT).headers["Location"] == "/beds"
    assert client.get("/beds").status_code == 200


def test_a_recovery_code_lets_in_once(own):
    assert password(first := own.anybody())
    assert code(first, own.codes[0]).status_code == 303
    assert password(second := own.anybody())
    assert code(second, own.codes[0]).status_code == 401
    assert ("sign-in", WITH, "recovery") in told(own)


def test_a_code_counts_once_also_in_another_process(own):
    text = now_of(own)
    password(first := own.anybody()), code(first, text)
    other = create_app(own.settings, own.store).server.test_client()
    password(other)
    assert code(other, text).status_code == 401
    assert other.get("/beds").status_code == 401
    assert told(own)[-1] == ("sign-in-refused", WITH, "code")


@pytest.mark.parametrize(("word", "name"), [("wrong password!!", WITH), (GOOD, "nobody at all"), ("wrong password!!", WITHOUT)])  # fmt: skip
def test_a_wrong_password_is_led_to_the_same_page_and_never_gets_in(own, word, name):
    right, wrong = own.anybody(), own.anybody()
    answers = [password(right), password(wrong, word, name)]
    assert [(one.status_code, one.headers["Location"]) for one in answers] == [(303, SECOND)] * 2
    names = [sorted(one.split("=")[0] for one in answer.headers.getlist("Set-Cookie")) for answer in answers]
    assert names[0] == names[1]
    pages = [re.sub(r'value="\w+"', "", client.get(SECOND).get_data(as_text=True)) for client in (right, wrong)]
    assert pages[0] == pages[1]
    refused = [code(client, wrong_one(own)) for client in (right, wrong)]
    assert [one.status_code for one in refused] == [401, 401]
    said = [re.sub(r'value="\w+"', "", one.get_data(as_text=True)) for one in refused]
    assert said[0] == said[1]
    for text in (now_of(own), own.codes[0], factors.code_of(factors.NOBODY, time.time())):
        assert code(wrong, text).status_code == 401
    assert wrong.get("/beds").status_code == 401
    assert word not in str(told(own))


def test_where_nobody_has_one_a_wrong_password_is_told_at_once(own):
    factors.reset(own.store, "root", WITH)
    answer = password(own.anybody(), "wrong password!!")
    assert answer.status_code == 401
    assert "账号或密码不对" in answer.get_data(as_text=True)


def test_wrong_codes_are_limited_as_passwords_are_and_journalled_without_the_code(own):
    client = own.anybody()
    password(client)
    wrong = wrong_one(own)
    assert [code(client, wrong).status_code for _ in range(throttle.PAIR + 1)] == [401] * throttle.PAIR + [429]
    answer = code(client, now_of(own))  # the right one is not heard either
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 60
    assert told(own)[1:] == [("sign-in-refused", WITH, "code")] * throttle.PAIR + [("sign-in-locked", WITH, "code")]
    assert wrong not in str(journal.entries(own.store).to_dict("records"))
    assert now_of(own) not in str(journal.entries(own.store).to_dict("records"))


def test_minutes_of_patience_do_not_help_a_guesser(own, monkeypatch):
    client = own.anybody()
    password(client)
    wrong = wrong_one(own)
    monkeypatch.setattr(throttle, "PAIR", 1_000)
    codes = [code(client, wrong).status_code for _ in range(halfway.MOST + 1)]
    assert codes == [401] * halfway.MOST + [429]


def elsewhere(client, address):
    client.environ_base["REMOTE_ADDR"] = address
    return client


@pytest.mark.parametrize("quick", [throttle.PAIR, 1_000])
def test_limits_that_were_reached_do_not_tell_whether_a_password_was_right(own, monkeypatch, quick):
    monkeypatch.setattr(throttle, "PAIR", quick)
    monkeypatch.setattr(throttle, "NAME", 1_000)
    client, wrong = own.anybody(), wrong_one(own)
    password(client, "wrong password!!")
    while code(client, wrong).status_code == 401:
        pass
    heard = [password(client := own.anybody(), word) and code(client, wrong).status_code for word in (GOOD, "another wrong one")]  # fmt: skip
    assert heard == [429, 429]
    for word in (GOOD, "another wrong one"):  # nor from another address, whatever was counted for the account
        client = elsewhere(own.anybody(), "10.0.0.2")
        password(client, word)
        heard.append(code(client, wrong).status_code)
    assert heard[2:] == [401, 401]


def test_many_addresses_do_not_help_a_guesser_and_nothing_tells_that_no_code_is_looked_at(own, monkeypatch):
    monkeypatch.setattr(throttle, "PAIR", 1_000)
    monkeypatch.setattr(throttle, "NAME", 1_000)
    monkeypatch.setattr(throttle, "ADDRESS", 1_000)
    wrong, said = wrong_one(own), set()
    for n in range(halfway.MOST):
        password(client := elsewhere(own.anybody(), f"10.0.1.{n}"))
        said.add(re.sub(r'value="\w+"', "", code(client, wrong).get_data(as_text=True)))
    password(client := elsewhere(own.anybody(), "10.0.2.1"))
    answer = code(client, now_of(own))
    assert answer.status_code == 401
    assert said == {re.sub(r'value="\w+"', "", answer.get_data(as_text=True))}
    with own.store.writing() as connection:
        halfway.forgive(connection, halfway.whose(connection, accounts.Account(1, WITH, "district", "420102")))
    assert code(client, now_of(own)).status_code == 303  # it was not used up either


def test_who_does_not_know_the_password_keeps_nobody_from_the_code(own, monkeypatch):
    monkeypatch.setattr(throttle, "PAIR", 1_000)
    password(other := elsewhere(own.anybody(), "10.0.0.2"), "wrong password!!")
    assert [code(other, wrong_one(own)).status_code for _ in range(halfway.MOST + 1)] == [401] * halfway.MOST + [429]
    password(client := own.anybody())
    assert code(client, now_of(own)).status_code == 303


# ---- what a browser carries between


def carried(client):
    return client.get_cookie(cookies.HALF, path=SECOND).value


def test_what_lies_between_opens_no_door(own):
    client = own.anybody()
    password(client)
    for name in (cookies.SESSION, cookies.PASS):
        client.set_cookie(name, carried(client))
        assert client.get("/beds").status_code == 401
    token = URLSafeTimedSerializer(own.settings.secret, salt="halfway").loads(carried(client))[0]
    client.set_cookie(cookies.SESSION, cookies.sealed(own.settings.secret, token))
    assert client.get("/beds").status_code == 401


def test_it_is_for_the_browser_that_was_shown_the_form(own):
    client, thief = own.anybody(), own.anybody()
    password(client)
    thief.get("/sign-in")
    thief.set_cookie(cookies.HALF, carried(client), path=SECOND)
    assert thief.get(SECOND).status_code == 401
    data = {"csrf": token_in(client.get(SECOND)), "code": now_of(own)}
    assert thief.post(SECOND, data=data).status_code == 401
    assert "HttpOnly" in (held := password(client).headers["Set-Cookie"])
    assert "SameSite=Strict" in held


@pytest.mark.parametrize("forge", [lambda text: text[:-2] + "xx", lambda _: "x", lambda _: "", lambda _: URLSafeTimedSerializer("another secret", salt="halfway").dumps(["x", "/"]), lambda text: URLSafeTimedSerializer("a secret of more than thirty-two characters", salt="halfway").dumps(["x", "/"])])  # fmt: skip
def test_a_forged_one_is_refused(own, forge):
    client = own.anybody()
    password(client)
    data = {"csrf": token_in(client.get(SECOND)), "code": now_of(own)}
    client.set_cookie(cookies.HALF, forge(carried(client)), path=SECOND)
    assert client.get(SECOND).status_code == 401
    assert client.post(SECOND, data=data).status_code == 401
    assert client.get("/beds").status_code == 401


def test_one_that_was_used_begins_no_other_session(own):
    client = own.anybody()
    password(client)
    half, token = carried(client), token_in(client.get(SECOND))
    door = client.get_cookie(cookies.DOOR).value
    assert code(client, now_of(own)).status_code == 303
    client.delete_cookie(cookies.SESSION)
    client.set_cookie(cookies.HALF, half, path=SECOND)
    client.set_cookie(cookies.DOOR, door)
    answer = client.post(SECOND, data={"csrf": token, "code": now_of(own, 30)})
    assert answer.status_code == 401
    assert [one[0] for one in told(own)].count("sign-in") == 1


def test_ten_minutes_later_it_is_over(own, monkeypatch):
    client = own.anybody()
    password(client)
    data = {"csrf": token_in(client.get(SECOND)), "code": now_of(own)}
    then = time.time() + halfway.LASTS.total_seconds() + 2
    monkeypatch.setattr(timed.time, "time", lambda: then)
    assert client.get(SECOND).status_code == 401
    assert client.post(SECOND, data=data).status_code == 401


@pytest.mark.parametrize("token", ["", "x", "0" * 64])
def test_a_form_of_another_site_is_refused(own, token):
    client = own.anybody()
    password(client)
    assert client.post(SECOND, data={"csrf": token, "code": now_of(own)}).status_code == 403
    right = {"csrf": token_in(client.get(SECOND)), "code": now_of(own)}
    assert client.post(SECOND, data=right, headers={"Origin": "https://elsewhere"}).status_code == 403
    assert client.post(SECOND, data=right).status_code == 303


def test_whoever_did_not_say_a_password_is_led_back_to_it(own):
    assert own.anybody().get(SECOND).status_code == 401
    assert own.anybody().post(SECOND, data={"code": "123456"}).status_code == 401


def meanwhile(monkeypatch, module, name, change):
    """Let something change once, just after `module.name` was asked."""
    asked, left = getattr(module, name), [change]

    def then(*args):
        found = asked(*args)
        if left:
            left.pop()()
        return found

    monkeypatch.setattr(module, name, then)


@pytest.mark.parametrize("name", [WITH, WITHOUT])
def test_a_password_that_is_replaced_while_it_is_hashed_leads_nowhere(own, monkeypatch, name):
    client = own.anybody()
    meanwhile(monkeypatch, accounts, "checked", lambda: accounts.set_password(own.store, "root", name, GOOD + "!"))
    password(client, name=name)
    if name == WITH:
        assert code(client, now_of(own)).status_code == 401
    assert client.get("/beds").status_code == 401
    assert {row[0] for row in told(own)} == {"sign-in-refused"}


@pytest.mark.parametrize("change", ["password", "disabled"])
def test_a_code_on_its_way_sets_nothing_up_and_lets_nobody_in_after_a_change(office_of, monkeypatch, change):
    own = office_of(second_factor=frozenset({"district"}))
    client = own.anybody()
    password(client, name=WITHOUT)
    page = client.get(SECOND).get_data(as_text=True)
    secret = re.search(r"<code tabindex=0>([A-Z2-7 ]+)</code>", page)[1].replace(" ", "")
    changes = {
        "password": lambda: accounts.set_password(own.store, "root", WITHOUT, GOOD + "!"),
        "disabled": lambda: accounts.set_disabled(own.store, "root", WITHOUT, True),
    }
    form = {"csrf": token_in(client.get(SECOND)), "code": factors.code_of(secret, time.time())}
    meanwhile(monkeypatch, halfway, "held", changes[change])
    assert client.post(SECOND, data=form).status_code == 401
    assert factors.of(own.store, 2) is None
    assert client.get("/beds").status_code == 401


def test_a_reset_ends_what_lies_between(own):
    client = own.anybody()
    password(client)
    factors.reset(own.store, "root", WITH)
    assert client.get(SECOND).status_code == 401


# ---- where it is demanded


def test_whoever_has_to_have_one_sets_it_up_first_and_sees_nothing_before(office_of):
    own = office_of(second_factor=frozenset({"district"}))
    client = own.anybody()
    assert password(client, name=WITHOUT).headers["Location"] == SECOND
    page = client.get(SECOND).get_data(as_text=True)
    secret = re.search(r"<code tabindex=0>([A-Z2-7 ]+)</code>", page)[1].replace(" ", "")
    assert "<svg" in page
    assert "<script" not in page
    assert client.get("/beds").status_code == 401
    refused = code(client, "000000" if factors.code_of(secret, time.time()) != "000000" else "111111")
    assert refused.status_code == 401
    assert say("sign_in.why_code_first", "zh") in refused.get_data(
        as_text=True
    )  # the password is not called into question
    assert secret in client.get(SECOND).get_data(as_text=True).replace(" ", "")
    answer = code(client, factors.code_of(secret, time.time()))
    assert answer.status_code == 200
    codes = re.findall(r"<li><code>([a-z2-9-]{14})</code>", answer.get_data(as_text=True))
    assert len(codes) == factors.CODES
    assert 'href="/beds"' in answer.get_data(as_text=True)
    assert client.get("/beds").status_code == 200
    assert ("account-factor", WITHOUT) in [(row.action, row.subject) for row in journal.entries(own.store).itertuples()]
    password(again := own.anybody(), name=WITHOUT)
    assert code(again, codes[0]).headers["Location"] == "/beds"


def test_who_has_the_password_too_is_not_shown_the_secret_that_its_holder_sets_up(office_of):
    own = office_of(second_factor=frozenset({"district"}))
    secrets = []
    for client in (own.anybody(), own.anybody()):
        password(client, name=WITHOUT)
        page = client.get(SECOND).get_data(as_text=True)
        secrets.append(re.search(r"<code tabindex=0>([A-Z2-7 ]+)</code>", page)[1].replace(" ", ""))
    assert secrets[0] != secrets[1]
    assert code(client, factors.code_of(secrets[0], time.time())).status_code == 401
    assert code(client, factors.code_of(secrets[1], time.time())).status_code == 200


@pytest.mark.parametrize("how", ["demanded", "given"])
def test_sessions_that_a_password_alone_began_end_where_it_takes_more(own, how):
    password(client := own.anybody(), name=WITHOUT)
    assert client.get("/beds").status_code == 200
    if how == "given":
        factors.give(own.store, "root", WITHOUT)
        assert client.get("/beds").status_code == 401
        return
    for demanded, status in ((frozenset({"city"}), 200), (frozenset({"district"}), 401)):
        later = Office(own.settings.store, second_factor=demanded)
        again = later.anybody()
        again.set_cookie(cookies.SESSION, client.get_cookie(cookies.SESSION).value)
        assert again.get("/beds").status_code == again.get("/second-factor").status_code == status
        later.store.close()


def test_roles_that_it_is_not_demanded_of_go_on_without(office_of):
    own = office_of(second_factor=frozenset({"admin"}))
    assert password(own.anybody(), name=WITHOUT).headers["Location"] == "/beds"
    own.store.close()


def test_it_is_demanded_of_all(office_of):
    own = office_of(second_factor=SIGNED_IN)
    assert password(own.anybody(), name=WITHOUT).headers["Location"] == SECOND


def test_a_secret_that_was_changed_in_the_database_opens_nothing_and_is_said(own):
    client = own.anybody()
    password(client)
    data = {"csrf": token_in(client.get(SECOND)), "code": now_of(own)}
    with own.store.writing() as connection:
        connection.execute(update(second_factor).values(secret="factors:AAAA"))
    assert client.post(SECOND, data=data).status_code == 503
    assert client.get("/beds").status_code == 401
