"""Printing in the background: progress, cancelling, who may fetch, and how long a file is kept."""

import re
import time
from dataclasses import replace
from threading import Event, Thread
from threading import enumerate as enumerate_threads
from types import SimpleNamespace

import pytest

from dashboard.access import COOKIE, Gate
from dashboard.app import create_app
from dashboard.cookies import guard
from dashboard.jobs import IMPORTS, KEPT_S, MINE, WAITING, BusyError, Jobs
from dashboard.roles import Person
from dashboard.runner import Runner
from dashboard.settings import Settings
from dashboard.shelf import Shelf
from layers.store import open_store, worklist
from tests import city
from tests.office import SHOWN

ME, OTHER = Person("me", "city"), Person("other", "city")


def until(true):
    for _ in range(600):
        if true():
            return
        time.sleep(0.05)
    raise AssertionError("did not come true within half a minute")


class Held:
    """A job that goes on until it is let go."""

    def __init__(self):
        self.begun, self.go, self.ran = Event(), Event(), []

    def __call__(self, _desk, _who, about, told, _stop):
        self.ran.append(about.get("n"))
        told(1, 3, "第1页", "page 1")
        self.begun.set()
        self.go.wait(20)
        told(2, 3, "第2页", "page 2")
        return b"file"


def broken(*_):
    raise ValueError("no fonts on this machine")


@pytest.fixture
def held():
    return Held()


@pytest.fixture
def jobs(held):
    """The jobs of a server of one process."""
    desk = SimpleNamespace(shelf=Shelf())
    desk.jobs = Jobs(desk.shelf)
    Runner(desk, {"held": held, "plain": lambda *_: b"plain", "broken": broken}).stand_by()
    yield desk.jobs
    held.go.set()
    until(lambda: not any(one.name.startswith("jobs-") for one in enumerate_threads()))


def ended(jobs, job, state="done"):
    until(lambda: jobs.now(job).state == state)
    return jobs.now(job)


def test_a_job_tells_how_far_it_is_and_hands_over_its_content(jobs, held):
    job = jobs.submit("a.pdf", ME, "held")
    assert held.begun.wait(20)
    told = jobs.now(job).told()
    assert (told["state"], told["done"], told["total"], told["en"]) == ("working", 1, 3, "page 1")
    assert jobs.content(job) == b""
    held.go.set()
    assert ended(jobs, job).size == 4
    assert jobs.content(job) == b"file"


def test_a_cancelled_job_ends_at_once_and_leaves_nothing(jobs, held):
    job = jobs.submit("a.pdf", ME, "held")
    assert held.begun.wait(20)
    jobs.cancel(job)
    assert jobs.now(job).state == "cancelled"
    held.go.set()
    ended(jobs, jobs.submit("b.pdf", ME, "plain"))
    assert (jobs.now(job).state, jobs.content(job)) == ("cancelled", b"")


def test_a_job_in_line_that_is_cancelled_never_starts(jobs, held):
    jobs.submit("a.pdf", ME, "held", {"n": 1})
    assert held.begun.wait(20)
    jobs.cancel(jobs.submit("b.pdf", ME, "held", {"n": 2}))
    held.go.set()
    ended(jobs, jobs.submit("c.pdf", ME, "plain"))
    assert held.ran == [1]


def test_what_goes_wrong_is_told_to_whoever_waits(jobs):
    assert "no fonts on this machine" in ended(jobs, jobs.submit("a.pdf", ME, "broken"), "failed").en


def test_a_job_is_its_owners_alone(jobs, held):
    job = jobs.submit("a.pdf", ME, "held")
    assert jobs.get(job.id, OTHER) is None
    assert jobs.get(job.id, None) is None


def test_a_finished_file_is_kept_for_ten_minutes(jobs):
    now = [time.time()]
    jobs.clock = lambda: now[0]
    job = ended(jobs, jobs.submit("a.pdf", ME, "plain"))
    now[0] += KEPT_S - 1
    assert jobs.get(job.id, ME) == job
    now[0] += 2
    assert jobs.get(job.id, ME) is None
    jobs.forget()  # as the server's watch does, though nobody asks
    assert worklist.one(jobs.shelf.side, job.id) is None
    assert jobs.content(job) == b""


def test_a_long_line_is_refused(jobs, held):
    jobs.submit("a.pdf", ME, "held")
    for n in range(WAITING - 1):
        jobs.submit("b.pdf", Person(f"p{n}", "city"), "plain")
    with pytest.raises(BusyError, match=f"{WAITING} jobs are in line"):
        jobs.submit("c.pdf", Person("late", "city"), "plain")


def test_one_person_fills_no_line_alone(jobs, held):
    jobs.submit("a.pdf", ME, "held")
    for _ in range(MINE - 1):
        jobs.submit("b.pdf", ME, "plain")
    with pytest.raises(BusyError, match=f"{MINE} jobs of yours"):
        jobs.submit("c.pdf", ME, "plain")
    jobs.submit("d.pdf", Person("other", "city"), "plain")


def test_an_import_waits_for_no_print(jobs, held):
    jobs.submit("a.pdf", ME, "held")
    assert held.begun.wait(20)
    ended(jobs, jobs.submit("import a.csv", ME, "plain", lane=IMPORTS))


def test_nothing_about_a_person_lies_open_in_the_file_of_jobs(jobs, tmp_path):
    job = ended(jobs, jobs.submit("a.pdf", Person("李四", "district", "420102"), "broken", {"why": "张三"}), "failed")
    assert job.owner.name == "李四"
    content = b"".join(path.read_bytes() for path in jobs.shelf.folder.rglob("*") if path.is_file())
    assert [word for word in ("李四", "张三", "no fonts") if word.encode() in content] == []


# ---- several processes


def other(jobs, tasks):
    """The runner of another process of the same server."""
    desk = SimpleNamespace(shelf=jobs.shelf)
    desk.jobs = Jobs(jobs.shelf)
    return Runner(desk, tasks)


@pytest.fixture
def line(tmp_path):
    return Jobs(Shelf(tmp_path, b"k" * 32))


def test_a_job_is_done_by_another_process_and_cancelled_from_any(line, held):
    runner, stop = other(line, {"held": held}), Event()
    thread = Thread(target=runner.run, args=(stop,), daemon=True)
    thread.start()
    job = line.submit("a.pdf", ME, "held")
    assert held.begun.wait(20)
    elsewhere = Jobs(Shelf(line.shelf.folder, b"k" * 32))
    assert elsewhere.get(job.id, ME).en == "page 1"
    elsewhere.stop(elsewhere.get(job.id, ME))
    held.go.set()
    ended(line, job, "cancelled")
    stop.set()
    thread.join(20)


@pytest.mark.parametrize(("repeats", "then"), [(True, "done"), (False, "failed")])
def test_what_a_runner_left_in_the_middle_is_begun_anew_or_told_to_be_interrupted(line, repeats, then):
    job = line.submit("a.pdf", ME, "plain", repeats=repeats)
    left = other(line, {})
    assert worklist.take(line.shelf.side, "prints", left.holder, time.time()).id == job.id  # and its process was killed
    stop = Event()
    thread = Thread(target=other(line, {"plain": lambda *_: b"plain"}).run, args=(stop,), daemon=True)
    thread.start()
    found = ended(line, job, then)
    assert ("stopped in the middle" in found.en) != repeats
    stop.set()
    thread.join(20)


def test_work_that_ends_its_runner_each_time_is_given_up(line):
    job = line.submit("a.pdf", ME, "plain")
    for _ in range(worklist.TRIES):
        worklist.take(line.shelf.side, "prints", other(line, {}).holder, time.time())
        other(line, {})._hand_back(worklist.others("me"))
    assert line.now(job).state == "failed"


def test_a_runner_that_stops_hands_back_what_is_under_way(line, held):
    runner, stop = other(line, {"held": held}), Event()
    thread = Thread(target=runner.run, args=(stop,), daemon=True)
    thread.start()
    job = line.submit("a.pdf", ME, "held")
    assert held.begun.wait(20)
    stop.set()
    until(runner.ending.is_set)
    time.sleep(0.5)
    held.go.set()
    thread.join(20)
    assert line.now(job).state == "waiting"


def test_a_job_of_a_server_with_another_secret_is_nobodys(line):
    job = line.submit("a.pdf", ME, "plain")
    stranger = Jobs(Shelf(line.shelf.folder, b"x" * 32))
    assert stranger.get(job.id, ME) is None
    runner = Runner(SimpleNamespace(shelf=stranger.shelf, jobs=stranger), {})
    assert runner.next("prints")
    assert worklist.one(line.shelf.side, job.id).state == "failed"


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
