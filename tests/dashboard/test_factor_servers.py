"""The second factor before a server of two processes: one code lets one browser in, and wrong ones are counted together."""

import re
import secrets
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier

import requests

from dashboard import throttle
from layers.store import accounts, factors, open_store
from tests import browser
from tests.codes import code_next
from tests.server import serve_production_with

NAME, GOOD = "江岸值班", "seven lanterns at dusk"
AT_ONCE = 4  # fewer than the passwords of a name that are heard in a minute


def fresh(url, path, session, **form):
    """Send a form that was just shown, over a connection of its own: which process answers is chance."""
    shown = session.get(f"{url}{path}", headers={"Connection": "close"})
    token = re.search(r'name="?csrf"? value="(\w+)"', shown.text)[1]
    headers = {"Connection": "close", "Origin": url}
    return partial(session.post, f"{url}{path}", data=form | {"csrf": token}, headers=headers, allow_redirects=False)


def halfway_in(url):
    session = requests.Session()
    session.trust_env = False
    assert fresh(url, "/sign-in", session, name=NAME, password=GOOD)().headers["Location"] == "/sign-in/second"
    return session


def test_a_code_lets_one_browser_in_and_wrong_ones_count_whoever_answers(built):
    store = open_store(f"sqlite:///{built}")
    accounts.add(store, "root", NAME, "district", "420102", GOOD)
    secret, _ = factors.give(store, "root", NAME)
    store.close()
    target = partial(serve_production_with, secret=secrets.token_urlsafe(48), workers=2)
    with browser.serving(f"sqlite:///{built}", target=target) as url:
        code, start = code_next(secret), Barrier(AT_ONCE)
        sends = [fresh(url, "/sign-in/second", halfway_in(url), code=code) for _ in range(AT_ONCE)]

        def sent(send):
            start.wait()
            return send().status_code

        with ThreadPoolExecutor(AT_ONCE) as pool:
            assert sorted(pool.map(sent, sends)) == [303, *[401] * (AT_ONCE - 1)]
        session = halfway_in(url)
        codes = [fresh(url, "/sign-in/second", session, code="x")().status_code for _ in range(throttle.PAIR + 1)]
        assert codes.count(401) <= throttle.PAIR
        assert codes[-1] == 429
