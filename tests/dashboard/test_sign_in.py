"""The door of production: who gets in, how often one may be wrong, what ends a session, and that no other site can act for it."""

import re
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

import pytest
from itsdangerous import URLSafeTimedSerializer, timed

from dashboard import cookies, known, throttle
from dashboard.__main__ import main
from dashboard.access import Gate
from dashboard.pages import _journal_words
from dashboard.sign_in import onward
from dashboard.throttle import Throttle
from layers.store import accounts, journal, open_store, passwords
from tests import city
from tests.office import CITY, SECRET, SHOWN, Office, said

GOOD = "seven lanterns at dusk"
NAME = "江岸值班"
PAGE = {"Accept": "text/html"}


pytestmark = pytest.mark.usefixtures("cheap_hashes")


@pytest.fixture
def own(built, tmp_path):
    """An office with an account, in which nobody was wrong yet."""
    office = Office.copy(tmp_path, built)
    accounts.add(office.store, "root", NAME, "district", "420102", GOOD)
    yield office
    office.store.close()


def send(client, password, name=NAME, token=None, **more):
    """Fill in the form that a browser was shown, and send it."""
    shown = client.get("/sign-in").get_data(as_text=True)
    found = re.search(r'name=csrf value="(\w+)"', shown)
    form = {
        "name": name,
        "password": password,
        "csrf": token if token is not None else found and found[1],
        "next": "/beds",
    }
    return client.post("/sign-in", data=form | more.pop("data", {}), **more)


def kept(answer, name=""):
    """The cookies that an answer sets and does not take away."""
    return [one for one in answer.headers.getlist("Set-Cookie") if one.startswith(name) and "Expires" not in one]


def signed_in(office):
    client = office.anybody()
    assert send(client, GOOD).status_code == 303
    return client


def told(office):
    rows = journal.entries(office.store)[::-1]
    return [(row.action, row.subject) for row in rows.itertuples() if row.action.startswith("sign-")]


def test_a_person_is_led_to_the_door_and_back_to_where_they_wanted(own):
    client = own.anybody()
    answer = client.get("/beds?lang=en", headers=PAGE)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/sign-in?next=%2Fbeds%3Flang%3Den")
    shown = client.get(answer.headers["Location"]).get_data(as_text=True)
    assert 'name=next value="/beds?lang=en"' in shown
    assert client.get("/beds").status_code == client.get("/pulse").status_code == 401  # a program is told


def test_the_right_password_lets_in_with_a_cookie_that_no_script_reads(own):
    client = own.anybody()
    answer = send(client, GOOD)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/beds")
    (held,) = kept(answer, cookies.SESSION)
    assert "HttpOnly" in held
    assert "SameSite=Lax" in held
    assert client.get("/beds").status_code == 200
    assert client.get("/sign-in").status_code == 302
    assert "江岸" in said(own.page(_with_token(client), "/"))
    assert told(own) == [("sign-in", NAME)]


def test_over_tls_the_cookies_are_for_tls_alone(own):
    client = own.anybody()
    shown = client.get("/sign-in", base_url="https://localhost")
    token = re.search(r'name=csrf value="(\w+)"', shown.get_data(as_text=True))[1]
    answer = client.post("/sign-in", base_url="https://localhost", data={"name": NAME, "password": GOOD, "csrf": token})
    assert ["Secure" in one for one in kept(answer)] == [True, True]


@pytest.mark.parametrize(("name", "subject"), [(NAME, NAME), ("my password by mistake", "unknown")])
def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(own, name, subject):
    client = own.anybody()
    answer = send(client, "wrong password!!", name)
    assert answer.status_code == 401
    assert "账号或密码不对" in answer.get_data(as_text=True)
    assert "wrong password!!" not in answer.get_data(as_text=True)
    assert told(own) == [("sign-in-refused", subject)]
    assert client.get("/").status_code == 401


def test_the_fifth_wrong_one_closes_the_door_for_a_minute_and_stands_in_the_journal(own):
    client = own.anybody()
    codes = [send(client, "wrong password!!").status_code for _ in range(6)]
    assert codes == [401] * 5 + [429]
    answer = send(client, GOOD)  # the right one is not heard either
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 60
    assert "输错次数过多" in answer.get_data(as_text=True)
    assert told(own) == [("sign-in-refused", NAME)] * 5 + [("sign-in-locked", NAME)]


def test_many_wrong_ones_at_once_get_no_further_than_five():
    gate = Throttle()
    with ThreadPoolExecutor(16) as pool:
        waits = list(pool.map(lambda _: gate.attempt("a", "1.1.1.1")[0], range(64)))
    assert waits.count(0.0) == throttle.PAIR


def test_a_minute_later_one_may_try_again_and_others_are_not_kept_out():
    now = [0.0]
    gate = Throttle(clock=lambda: now[0])
    for second in range(throttle.PAIR):
        now[0] = float(second)
        gate.attempt("a", "1.1.1.1")
    assert gate.attempt("a", "1.1.1.1") == (56.0, False)
    assert gate.attempt("a", "2.2.2.2")[0] == gate.attempt("b", "1.1.1.1")[0] == 0.0
    now[0] = 60.5
    assert gate.attempt("a", "1.1.1.1")[0] == 0.0


@pytest.mark.parametrize(("most", "who"), [(throttle.ADDRESS, lambda n: (str(n), "1.1.1.1")), (throttle.NAME, lambda n: ("a", str(n)))])  # fmt: skip
def test_neither_many_names_nor_many_addresses_help(most, who):
    gate = Throttle()
    waits = [gate.attempt(*who(n))[0] for n in range(most + 1)]
    assert waits[:-1] == [0.0] * most
    assert waits[-1] > 0


def test_a_clock_that_is_set_back_keeps_nobody_out():
    now = [86_400.0]
    throttle_ = Throttle(clock=lambda: now[0])
    waits = [throttle_.attempt("a", "here")[0] for _ in range(throttle.PAIR + 1)]
    now[0] = 0.0
    assert (waits[-1] > 0, throttle_.attempt("a", "here")[0]) == (True, 0.0)


@pytest.mark.parametrize(("address", "kept"), [("2001:db8:0:1:{n}::1", True), ("2001:db8:0:{n}::1", False), ("10.0.0.{n}", False), ("::ffff:10.0.0.{n}", False)])  # fmt: skip
def test_whoever_has_a_line_of_ipv6_is_one_address(address, kept):
    door = Throttle()
    waits = [door.attempt("a", address.format(n=n))[0] for n in range(1, throttle.PAIR + 2)]
    assert (waits[-1] > 0) == kept


def test_who_knows_only_a_name_keeps_its_holder_out_of_no_browser_of_theirs(own, monkeypatch):
    monkeypatch.setattr(throttle, "NAME", 5)
    mine, other = signed_in(own), own.anybody()
    mine.delete_cookie(cookies.SESSION)
    for n in range(5):
        assert send(own.anybody(), "wrong", environ_overrides={"REMOTE_ADDR": f"10.0.0.{n}"}).status_code == 401
    assert send(other, GOOD).status_code == 429
    assert send(mine, GOOD).status_code == 303
    mine.delete_cookie(cookies.SESSION)
    for cookie in (mine.get_cookie(known.COOKIE, path=known.PATH).value[:-2] + "xx", "x", URLSafeTimedSerializer(SECRET, salt="session").dumps([known._digest(SECRET, NAME)])):  # fmt: skip
        other.set_cookie(known.COOKIE, cookie, path=known.PATH)
        assert send(other, GOOD).status_code == 429
    assert [send(mine, "wrong").status_code for _ in range(6)] == [401] * 5 + [429]  # and is limited itself


def test_a_desk_knows_the_last_of_those_who_signed_in_and_none_of_their_names(own):
    accounts.add(own.store, "root", "江汉值班", "district", "420103", GOOD)
    client = signed_in(own)
    client.delete_cookie(cookies.SESSION)
    send(client, GOOD, "江汉值班")
    held = client.get_cookie(known.COOKIE, path=known.PATH)
    assert (held.http_only, held.same_site) == (True, "Strict")
    names = URLSafeTimedSerializer(SECRET, salt="known").loads(held.value)
    assert names == [known._digest(SECRET, one) for one in ("江汉值班", NAME)]
    assert client.get("/beds").status_code == 200
    client.delete_cookie(cookies.SESSION)
    assert client.get("/beds").status_code == 401  # it opens nothing


def test_what_was_right_is_not_counted():
    gate = Throttle()
    for _ in range(40):
        assert gate.attempt("a", "1.1.1.1")[0] == 0.0
        gate.forgive("a", "1.1.1.1")


def test_few_passwords_are_hashed_at_once(own, monkeypatch):
    lock, counts = Lock(), {"now": 0, "most": 0}
    gate = Throttle()

    def one(_):
        with gate.turn() as came:
            assert came
            with lock:
                counts["now"] += 1
                counts["most"] = max(counts["most"], counts["now"])
            with lock:
                counts["now"] -= 1

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(one, range(200)))
    assert counts["most"] <= throttle.AT_ONCE
    monkeypatch.setattr(throttle, "PATIENCE_S", 0.01)
    with gate.turn(), gate.turn(), gate.turn() as third:
        assert not third


def _with_token(client):
    client.environ_base[SHOWN] = client.get_cookie(cookies.GUARD).value
    return client


def test_signing_out_ends_the_session_also_for_a_cookie_that_was_copied(own):
    client, thief = _with_token(signed_in(own)), own.anybody()
    thief.set_cookie(cookies.SESSION, client.get_cookie(cookies.SESSION).value)
    assert thief.get("/").status_code == 200
    assert client.post("/sign-out").headers["Location"] == "/sign-in?left=1"
    assert client.get("/").status_code == thief.get("/").status_code == 401
    assert told(own)[-1] == ("sign-out", NAME)


@pytest.mark.parametrize("end", [lambda s: accounts.set_disabled(s, "root", NAME, True), lambda s: accounts.set_password(s, "root", NAME, GOOD)])  # fmt: skip
def test_a_disabled_account_and_a_new_password_put_everybody_out(own, end):
    client = signed_in(own)
    end(own.store)
    assert client.get("/").status_code == 401


def test_a_new_session_takes_the_place_of_the_one_before(own):
    client, thief = signed_in(own), own.anybody()
    before = client.get_cookie(cookies.SESSION).value
    thief.set_cookie(cookies.SESSION, before)
    door = own.anybody()
    door.get("/sign-in")
    client.set_cookie("fangyi_door", door.get_cookie("fangyi_door").value)
    token = cookies.guard(own.settings.secret, door.get_cookie("fangyi_door").value)
    assert client.post("/sign-in", data={"name": NAME, "password": GOOD, "csrf": token}).status_code == 303
    assert client.get_cookie(cookies.SESSION).value != before
    assert (client.get("/").status_code, thief.get("/").status_code) == (200, 401)


def test_half_an_hour_without_a_hand_ends_a_session_and_a_hand_carries_it_on(own, monkeypatch):
    client, now = signed_in(own), timed.time.time()
    at = lambda minutes: monkeypatch.setattr(timed.time, "time", lambda: now + 60 * minutes)  # noqa: E731
    at(20)
    assert client.get("/pulse", headers={"X-Hand": "5"}).status_code == 200
    at(40)
    assert client.get("/pulse", headers={"X-Hand": "1205"}).status_code == 200  # nobody moved since
    assert client.get("/pulse", headers={"X-Hand": "lately"}).status_code == 200
    at(51)
    assert client.get("/pulse", headers={"X-Hand": "0"}).status_code == 401


def test_a_forged_cookie_opens_nothing(own):
    client = signed_in(own)
    text = client.get_cookie(cookies.SESSION).value
    thief = own.anybody()
    for forged in (
        text[:-2] + "xx",
        cookies.sealed("another secret", "x"),
        cookies.sealed(own.settings.secret, "x"),
        "x",
    ):
        thief.set_cookie(cookies.SESSION, forged)
        assert thief.get("/").status_code == 401


@pytest.mark.parametrize(
    "path", ["/sign-out", "/_dash-update-component", "/brief/lockdown.png", "/imports/upload", "/rows/cases.csv"]
)
@pytest.mark.parametrize("token", ["", "x", "0" * 64])
def test_what_changes_something_shows_the_token_of_its_own_session(own, path, token):
    client = signed_in(own)
    answer = client.post(path, headers={cookies.GUARD_HEADER: token} if token else {})
    assert answer.status_code == 403
    assert "token" in answer.get_json()["error"]
    assert client.get("/").status_code == 200


def test_the_token_of_another_session_is_none(own):
    mine, other = signed_in(own), _with_token(signed_in(own))
    mine.environ_base[SHOWN] = other.environ_base[SHOWN]
    assert mine.post("/sign-out").status_code == 403
    assert other.post("/sign-out").status_code == 303


def test_a_form_of_another_site_signs_nobody_in(own):
    client = own.anybody()
    assert send(client, GOOD, token="0" * 64).status_code == 400
    assert send(client, GOOD, headers={"Origin": "https://elsewhere"}).status_code == 403
    form = {"name": NAME, "password": GOOD, "csrf": cookies.guard(own.settings.secret, "")}
    assert own.anybody().post("/sign-in", data=form).status_code == 400  # a browser that was shown no form
    assert told(own) == []


def test_the_form_may_say_where_it_comes_from(own):
    assert own.anybody().get("/sign-in").headers["Referrer-Policy"] == "same-origin"
    assert own.anybody().get("/healthz").headers["Referrer-Policy"] == "no-referrer"


def test_what_is_too_long_is_not_hashed(own, monkeypatch):
    monkeypatch.setattr(passwords, "fits", lambda *_: pytest.fail("hashed"))
    assert send(own.anybody(), "x" * 2_000).status_code == 400


@pytest.mark.parametrize(
    "text",
    [
        "//evil",
        "https://evil",
        "/\\evil",
        "javascript:alert(1)",
        "beds",
        "/sign-out",
        "/a\nb",
        "/x\\y",
        "",
        "//[x",
        "http://[",
        "/enter?pass=x",
    ],
)
def test_nobody_is_led_elsewhere(text):
    assert onward(text) == "/"


@pytest.mark.parametrize("there", ["//[x", "http://[", "/\x00", "x" * 3_000])
def test_an_address_that_is_none_is_no_fault_of_the_server(own, there):
    assert own.anybody().get("/sign-in", query_string={"next": there}).status_code == 200
    assert send(own.anybody(), GOOD, data={"next": there}).status_code in (303, 400)


def test_a_place_of_the_map_is_gone_on_to():
    assert onward("/beds?area=420102/一元街道") == "/beds?area=420102/一元街道"


def test_what_was_typed_stays_inert(own):
    answer = send(own.anybody(), "wrong password!!", '"><script>alert(1)</script>')
    assert "<script" not in answer.get_data(as_text=True)


def test_the_page_shows_who_is_signed_in_and_the_way_out(own):
    text = said(own.page(_with_token(signed_in(own)), "/beds"))
    assert "data-sign-out" in text
    assert NAME in text


def test_a_drill_has_no_door(tmp_path):
    url = f"sqlite:///{tmp_path / 'drill.db'}"
    city.found(open_store(url, "drill"), tmp_path).close()
    drill = Office(url, "drill")
    client = drill.anybody()
    assert client.get("/sign-in").headers["Location"] == "/"
    assert client.post("/sign-in", data={"name": "a", "password": "b"}).headers["Location"] == "/"
    text = said(drill.page(client, "/beds"))
    assert "演练" in text
    assert "data-sign-out" not in text


def test_the_journal_says_who_came_in_by_a_pass(own):
    text = Gate(own.settings).issue_pass(CITY)
    assert own.anybody().get("/enter", query_string={"pass": text}).status_code == 302
    row = journal.entries(own.store, 1).iloc[0]
    assert (row["actor"], row["action"], row["detail"]["by"], row["detail"]["role"]) == (CITY.name, "sign-in", "pass", "city")  # fmt: skip
    assert text not in str(row.to_dict())
    assert _journal_words.told(row["detail"], "zh").count("通行证") == 1
    own.anybody().get("/enter", query_string={"pass": text + "x"})
    assert len(told(own)) == 1


@pytest.mark.parametrize("role", ["admin", "auditor"])
def test_accounts_and_the_journal_are_opened_by_no_pass(role, monkeypatch, capsys):
    monkeypatch.setenv("FANGYI_MODE", "production")
    monkeypatch.setenv("FANGYI_SECRET", SECRET)
    with pytest.raises(SystemExit):
        main(["pass", "--name", "x", "--role", role])
    assert "invalid choice" in capsys.readouterr().err
