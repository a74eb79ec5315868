"""Printing in the background: progress, cancelling, who may fetch, and how long a file is kept."""

import re
import time
from dataclasses import replace
from threading import Event

import pytest

from dashboard.access import COOKIE, Gate, Person
from dashboard.app import create_app
from dashboard.cookies import guard
from dashboard.jobs import IMPORTS, KEPT_S, MINE, WAITING, BusyError, Jobs
from dashboard.settings import Settings
from layers.store import open_store
from tests import city
from tests.office import SHOWN

ME, OTHER = Person("me", "city"), Person("other", "city")


def until(true):
    for _ in range(600):
        if true():
            return
        time.sleep(0.05)
    raise AssertionError("did not come true within half a minute")


def held(jobs, owner=ME):
    """A job that goes on until it is let go, and the two events that say so."""
    begun, go = Event(), Event()

    def work(told, _stop):
        told(1, 3, "第1页", "page 1")
        begun.set()
        go.wait(20)
        told(2, 3, "第2页", "page 2")
        return b"file"

    return jobs.submit("a.pdf", owner, work), begun, go


def test_a_job_tells_how_far_it_is_and_hands_over_its_content():
    jobs = Jobs()
    job, begun, go = held(jobs)
    assert begun.wait(20)
    assert (job.told()["state"], job.told()["done"], job.told()["total"]) == ("working", 1, 3)
    go.set()
    until(lambda: job.state == "done")
    assert jobs.get(job.id, ME).content == b"file"


def test_a_cancelled_job_ends_at_once_and_leaves_nothing():
    jobs = Jobs()
    job, begun, go = held(jobs)
    assert begun.wait(20)
    jobs.cancel(job)
    assert job.state == "cancelled"
    go.set()
    after = jobs.submit("b.pdf", ME, lambda told, stop: b"next")
    until(lambda: after.state == "done")
    assert (job.state, job.content) == ("cancelled", b"")


def test_a_job_in_line_that_is_cancelled_never_starts():
    jobs, ran = Jobs(), []
    _, begun, go = held(jobs)
    assert begun.wait(20)
    waiting = jobs.submit("b.pdf", ME, lambda told, stop: ran.append(1) or b"")
    jobs.cancel(waiting)
    go.set()
    last = jobs.submit("c.pdf", ME, lambda told, stop: b"c")
    until(lambda: last.state == "done")
    assert ran == []


def test_what_goes_wrong_is_told_to_whoever_waits():
    jobs = Jobs()

    def work(_told, _stop):
        raise ValueError("no fonts on this machine")

    job = jobs.submit("a.pdf", ME, work)
    until(lambda: job.state == "failed")
    assert "no fonts on this machine" in job.en


def test_a_job_is_its_owners_alone():
    jobs = Jobs()
    job, _, go = held(jobs)
    assert jobs.get(job.id, OTHER) is None
    assert jobs.get(job.id, None) is None
    go.set()


def test_a_finished_file_is_kept_for_ten_minutes():
    now = [0.0]
    jobs = Jobs(lambda: now[0])
    job = jobs.submit("a.pdf", ME, lambda told, stop: b"file")
    until(lambda: job.state == "done")
    now[0] = KEPT_S
    assert jobs.get(job.id, ME) is job
    now[0] = KEPT_S + 1
    jobs.forget()  # as the server's watch does, though nobody asks
    assert not jobs._jobs
    assert jobs.get(job.id, ME) is None


def nothing(_told, _stop):
    return b""


def test_a_long_line_is_refused():
    jobs = Jobs()
    _, _, go = held(jobs)
    for n in range(WAITING - 1):
        jobs.submit("b.pdf", Person(f"p{n}", "city"), nothing)
    with pytest.raises(BusyError, match=f"{WAITING} jobs are in line"):
        jobs.submit("c.pdf", Person("late", "city"), nothing)
    go.set()


def test_one_person_fills_no_line_alone():
    jobs = Jobs()
    _, _, go = held(jobs)
    for _ in range(MINE - 1):
        jobs.submit("b.pdf", ME, nothing)
    with pytest.raises(BusyError, match=f"{MINE} jobs of yours"):
        jobs.submit("c.pdf", ME, nothing)
    jobs.submit("d.pdf", Person("other", "city"), nothing)
    go.set()


def test_an_import_waits_for_no_print():
    jobs = Jobs()
    _, begun, go = held(jobs)
    assert begun.wait(20)
    done = jobs.submit("import a.csv", ME, lambda told, stop: b"in", IMPORTS)
    until(lambda: done.state == "done")
    go.set()


# ---- through the web, with a real briefing


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("jobs")
    found = city.found(open_store(f"sqlite:///{folder / 'store.db'}", "drill"), folder)
    city.cases(found, folder, "2020-02-10T18:00", *({"case_id": str(i)} for i in range(8)))
    yield found
    found.close()


@pytest.fixture(scope="module")
def client(store):
    return create_app(Settings(store="sqlite://"), store).server.test_client()


def finished(client, job):
    until(lambda: client.get(f"/job/{job['id']}").get_json()["state"] not in ("waiting", "working"))
    return client.get(f"/job/{job['id']}").get_json()


def test_a_briefing_is_printed_in_the_background_and_equals_the_plain_link(client):
    started = client.post("/brief/lockdown.pdf?lang=en")
    assert started.status_code == 202
    job = finished(client, started.get_json())
    assert (job["state"], job["done"]) == ("done", job["total"])
    assert job["total"] >= 2  # a map page and at least one page of tables
    answer = client.get(f"/job/{job['id']}/file")
    assert answer.data == client.get("/brief/lockdown.pdf?lang=en").data
    assert answer.data.startswith(b"%PDF")
    assert re.search(r"fangyi_2020-02-\d\d_\d{4}_lockdown\.pdf", answer.headers["Content-Disposition"])


def test_a_cancelled_briefing_hands_over_nothing(client):
    job = client.post("/brief/staff.pdf").get_json()
    assert client.post(f"/job/{job['id']}/cancel").get_json()["state"] == "cancelled"
    assert finished(client, job)["state"] == "cancelled"
    assert client.get(f"/job/{job['id']}/file").status_code == 404


def test_another_site_may_not_start_anything(client):
    assert client.post("/brief/lockdown.pdf", headers={"Origin": "http://elsewhere.example"}).status_code == 403
    assert client.post("/brief/lockdown.pdf", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    job = client.post("/brief/staff.png", headers={"Origin": "http://localhost"})
    assert job.status_code == 202
    assert client.post(f"/job/{job.get_json()['id']}/cancel", headers={"Origin": "null"}).status_code == 403


def test_there_is_no_briefing_of_what_is_not_printed(client):
    assert client.post("/brief/people.pdf").status_code == 404
    assert client.get("/job/nothing").status_code == 404


def test_outside_a_drill_a_job_needs_a_pass_and_stays_with_it(tmp_path):
    settings = Settings(store=f"sqlite:///{tmp_path / 'real.db'}", mode="production", secret="s" * 40)
    production = city.found(open_store(settings.store, "production"), tmp_path)
    server, gate = create_app(settings, production).server, Gate(settings)

    def person(name):
        found = server.test_client()
        carried = gate.issue_pass(replace(ME, name=name))
        found.set_cookie(COOKIE, carried)
        found.environ_base[SHOWN] = guard(settings.secret, carried)
        return found

    assert server.test_client().post("/brief/lockdown.png").status_code == 401
    mine, other = person("a"), person("b")
    job = mine.post("/brief/lockdown.png").get_json()
    assert other.get(f"/job/{job['id']}").status_code == 404
    assert other.post(f"/job/{job['id']}/cancel").status_code == 404
    assert finished(mine, job)["state"] == "done"
    production.close()
