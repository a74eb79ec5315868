"""Every command has an example, says in one line why it will not, and leaves nothing half-done."""

import contextlib
import csv
import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from dashboard.__main__ import FAILED, REFUSED, STOPPED, UNREAD, main, modules, parser
from dashboard.settings import SettingsError, from_environment
from layers.scenario.build import BuildReport
from layers.store import open_store
from tests import browser, city

ROOT = Path(__file__).resolve().parents[2]
COMPOUNDS = "compound_id,name,district\nC1,春风里,江岸区\n"


@pytest.fixture(autouse=True)
def clean(monkeypatch, tmp_path):
    """No setting of the machine reaches a test, and what a command leaves behind stays in the test's folder."""
    for name in [*filter(lambda n: n.startswith("FANGYI_"), os.environ), "PORT"]:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("FANGYI_VAR", str(tmp_path / "var"))
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """The URL of a drill store with two districts, five compounds and a case."""
    folder = tmp_path_factory.mktemp("filled")
    store = city.found(open_store(f"sqlite:///{folder / 'store.db'}", "drill"), folder)
    city.cases(store, folder, "2020-02-16T18:00", {})
    store.close()
    return f"sqlite:///{folder / 'store.db'}"


def refused(capsys, *arguments):
    """Run a command that must fail; return what it said, which is one line and no trace."""
    code = main([str(a) for a in arguments])
    said = capsys.readouterr()
    assert code in (FAILED, REFUSED)
    assert said.out == ""
    (line,) = said.err.splitlines()
    assert line.startswith("error: ")
    return code, line


def put(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def cases(folder, *rows):
    return city.table(folder / "cases.csv", [city.CASE | row for row in rows or ({},)])


def everything_below(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


@pytest.mark.parametrize("module", modules(), ids=lambda module: module.NAME)
def test_every_command_shows_an_example_that_it_understands(module, capsys):
    with pytest.raises(SystemExit) as end:
        main([module.NAME, "--help"])
    assert end.value.code == 0
    assert f"example:\n  {module.EXAMPLE}" in capsys.readouterr().out
    for command in module.EXAMPLE.split("&&"):
        words = shlex.split(command)
        given = words[words.index("dashboard") + 1 :]
        assert parser(given).parse_args(given).run is module.run
        assert modules(given[0]) == [module]


@pytest.mark.parametrize(
    ("wanted", "arguments"),
    [
        ("is no file; name the files in it", ("import", "cases", ".")),
        ("is no file; folders go with --engine dask", ("match", "--cases", ".", "--compounds", ".", "--out", "x.csv")),
        ("a store lives in SQLite or PostgreSQL", ("audit", "--store", "mysql://a/b")),
        ("there is no such file; wanted a certificate", ("retention", "--check", "none.json")),
        ("say --rotate as well", ("retention", "--destroy-old")),
    ],
)
def test_what_is_wrong_is_named_as_what_it_is(filled, capsys, monkeypatch, wanted, arguments):
    monkeypatch.setenv("FANGYI_STORE", filled)
    assert wanted in refused(capsys, *arguments)[1]


def test_the_link_of_a_pass_leads_where_browsers_come(monkeypatch, capsys):
    monkeypatch.setenv("FANGYI_MODE", "production")
    monkeypatch.setenv("FANGYI_SECRET", "Zq8sdfjkl3r9vnmWERTpoiu7654lkjhgf")
    monkeypatch.setenv("FANGYI_PROXY", "127.0.0.1")
    pass_ = ("pass", "--name", "wall-1", "--role", "city")
    assert "say it with --at" in refused(capsys, *pass_)[1]
    for wrong in ("map.example", "ftp://map.example", "https://map.example/enter", "https://"):
        assert "wanted the address that browsers open" in refused(capsys, *pass_, "--at", wrong)[1]
    assert main([*pass_, "--at", "https://map.example:8443/"]) == 0
    assert capsys.readouterr().out.startswith("https://map.example:8443/enter?pass=")


def test_a_command_that_reads_makes_no_store_of_an_empty_file(tmp_path, capsys):
    empty = put(tmp_path / "empty.db", "")
    assert "holds no store yet" in refused(capsys, "verify-journal", "--store", f"sqlite:///{empty}")[1]


def test_a_package_that_is_missing_is_named_with_what_installs_it(monkeypatch, capsys):
    monkeypatch.setattr("dashboard.__main__.modules", lambda *_: __import__("fangyi_none_such"))
    assert refused(capsys, "feeds") == (
        FAILED,
        "error: the package 'fangyi_none_such' is not installed; wanted: pip install -r requirements.txt",
    )


def test_a_part_of_the_program_that_is_missing_is_no_package(monkeypatch):
    monkeypatch.setattr("dashboard.__main__.modules", lambda *_: __import__("layers.none_such"))
    with pytest.raises(ModuleNotFoundError):
        main(["feeds"])


def test_how_often_a_feed_comes_is_said_as_people_say_it(capsys):
    assert main(["feeds"]) == 0 == main(["feeds", "cases"])
    out = capsys.readouterr().out
    assert "every 24 h" in out
    assert "every 3 d" in out
    assert "0:00:00" not in out


def test_a_drill_says_in_words_what_it_built(tmp_path, monkeypatch, capsys):
    report = BuildReport(3, 1_200, 2.4, Counter(rows=1_200, new=1_999, rejected=1))
    monkeypatch.setattr("dashboard.commands.drill.build", lambda *_, **__: report)
    assert main(["drill", "--store", f"sqlite:///{tmp_path / 'd.db'}", "--files", str(tmp_path / "files")]) == 0
    said = "3 deliveries in 2 s; rows: 1,200 read, 1 rejected, 0 warned; facts: 1,999 new, 0 changed"
    assert said in capsys.readouterr().out


WRONG = {
    "account": ("list", "--mode", "drill"),
    "audit": ("--store", "sqlite:///absent/x.db"),
    "backup": ("--out", "x.txt"),
    "brief": ("lockdown", "--out", "x.txt"),
    "clusters": ("--out", "absent/x.json"),
    "drill": ("--days", "0"),
    "export": ("cases", "--reason", "line list", "--out", "x.txt"),
    "feeds": ("nonsense",),
    "grant-role": ("fangyi_app", "--city", "fangyi_city", "--store", "sqlite:///absent/x.db"),
    "import": ("cases", "absent.csv"),
    "match": ("--cases", "absent.csv", "--compounds", "absent.csv", "--out", "x.csv"),
    "orders": ("export", "--out", "x.txt"),
    "pass": ("--name", "x", "--role", "city"),
    "plan": ("lockdown", "--out", "x.txt"),
    "publish": ("--out", "x.txt"),
    "real": ("--out", "absent/x.json"),
    "rematch": ("--out", "absent/x.csv"),
    "compounds": ("duplicates", "--out", "absent/x.csv"),
    "restore": ("absent.backup",),
    "jobs": ("--store", "sqlite:///absent/x.db"),
    "retention": ("--check", "absent.json"),
    "serve": ("--port", "99999"),
    "token": ("list", "--store", "sqlite:///absent/x.db"),
    "undo": ("7", "--store", "sqlite:///absent/x.db"),
    "verify": ("absent.pdf",),
    "verify-journal": ("--store", "sqlite:///absent/x.db"),
    "verify-store": ("--backup", "absent.backup"),
}


@pytest.mark.parametrize("name", [module.NAME for module in modules()])
def test_every_command_fails_in_one_line_and_writes_nothing(name, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, line = refused(capsys, name, *WRONG[name])
    assert code == REFUSED
    assert any(word in line for word in WRONG[name][-1:] + ("x.txt", "0 days", "absent", "drill"))
    assert everything_below(tmp_path) == []


@pytest.mark.parametrize("command", [["plan", "beds", "--out", "x.csv"], ["serve"], ["drill"]])
@pytest.mark.parametrize("url", ["notaurl", "foo://bar", "sqlite://", "sqlite:///:memory:", "postgresql://x:y/z"])
def test_a_store_that_can_be_none_is_refused(command, url, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    _, line = refused(capsys, *command, "--store", url)
    assert "store " in line
    assert everything_below(tmp_path) == []


def test_a_drill_is_not_built_on_a_server(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("dashboard.commands.drill.store_file", lambda settings: None)
    _, line = refused(capsys, "drill", "--store", "sqlite:///x.db")
    assert "built into a file" in line


def test_a_password_in_the_address_of_a_store_is_not_repeated(capsys):
    _, line = refused(capsys, "plan", "beds", "--out", "x.csv", "--store", "mysql+nodriver://me:secret@host/name")
    assert "secret" not in line


@pytest.mark.parametrize("days", ["-3", "0", "81"])
def test_a_drill_outside_the_published_days_is_refused(days, capsys, tmp_path):
    _, line = refused(capsys, "drill", "--days", days)
    assert f"a drill of {days} days; wanted 1 to 80" in line  # 20 January to 8 April 2020


def test_a_drill_never_takes_the_place_of_real_data(capsys, tmp_path):
    open_store(f"sqlite:///{tmp_path / 'real.db'}", "production").close()
    before = (tmp_path / "real.db").read_bytes()
    _, line = refused(capsys, "drill", "--store", f"sqlite:///{tmp_path / 'real.db'}")
    assert "production" in line
    assert (tmp_path / "real.db").read_bytes() == before


def test_an_import_without_a_clock_is_refused_before_a_store_is_made(capsys, tmp_path):
    _, line = refused(capsys, "import", "cases", cases(tmp_path))
    assert "FANGYI_MODE=production" in line
    assert "--known-at" in line
    assert not (tmp_path / "var").exists()
    open_store(f"sqlite:///{tmp_path / 'empty.db'}", "drill").close()
    refused(capsys, "import", "cases", cases(tmp_path), "--store", f"sqlite:///{tmp_path / 'empty.db'}")
    assert main(["import", "cases", str(cases(tmp_path)), "--known-at", "2020-02-10"]) == 0


def test_a_plan_of_an_empty_store_is_refused(capsys, tmp_path):
    open_store(f"sqlite:///{tmp_path / 'empty.db'}", "drill").close()
    for command in ("plan", "brief"):
        out = tmp_path / ("x.csv" if command == "plan" else "x.pdf")
        _, line = refused(capsys, command, "lockdown", "--out", out, "--store", f"sqlite:///{tmp_path / 'empty.db'}")
        assert "holds nothing yet" in line


def test_a_step_of_an_order_in_an_empty_store_is_refused(capsys, tmp_path):
    open_store(f"sqlite:///{tmp_path / 'empty.db'}", "drill").close()
    _, line = refused(capsys, "orders", "close", "L-1", "--store", f"sqlite:///{tmp_path / 'empty.db'}")
    assert "holds nothing yet" in line


def test_an_import_in_which_every_row_is_refused_fails_and_shows_its_receipt(capsys, filled, tmp_path):
    path = cases(tmp_path, {"status": "好转"}, {"status": "?"})
    assert main(["import", "cases", str(path), "--store", filled, "--dry-run"]) == FAILED
    said = capsys.readouterr()
    assert "2 rejected" in said.out
    assert said.err == "error: cases.csv: not one row could go in; the reasons stand above\n"


@pytest.mark.parametrize(
    "make",
    [
        lambda f: f / "absent" / "r.json",
        lambda f: f,  # a folder
        lambda f: f / "cases.csv",  # what is to be read
        lambda f: Path(os.devnull),
    ],
    ids=["no folder", "a folder", "the input", "a device"],
)
def test_a_receipt_that_cannot_be_written_is_found_before_the_import(make, capsys, filled, tmp_path):
    before = open_store(filled).latest()
    path = cases(tmp_path, {"case_id": "new"})
    content = path.read_bytes()
    code, _ = refused(capsys, "import", "cases", path, "--store", filled, "--receipt", make(tmp_path))
    assert code == REFUSED
    assert open_store(filled).latest() == before
    assert path.read_bytes() == content


def test_files_are_checked_before_the_work(capsys, filled, tmp_path, monkeypatch):
    def never(*_args, **_more):
        raise AssertionError("the work began")

    monkeypatch.setattr("dashboard.commands.plan.Desk", never)
    monkeypatch.setattr("dashboard.commands.brief.issue", never)
    monkeypatch.setattr("dashboard.commands.match.match_files", never)
    there, absent = tmp_path / "there.csv", tmp_path / "absent"
    c, g = cases(tmp_path), put(tmp_path / "g.csv", COMPOUNDS)
    both = ("match", "--cases", c, "--compounds", g)
    refused(capsys, "plan", "beds", "--store", filled, "--out", absent / "x.csv")
    refused(capsys, "plan", "beds", "--store", filled, "--out", tmp_path / "x.pdf")
    refused(capsys, "brief", "beds", "--store", filled, "--out", absent / "x.pdf")
    refused(capsys, "brief", "beds", "--store", filled, "--out", tmp_path / "x.txt")
    refused(capsys, *both, "--out", absent / "x.csv")
    refused(capsys, *both, "--out", there, "--report", absent / "x.json")
    refused(capsys, *both, "--out", there, "--report", there)
    refused(capsys, *both, "--out", c)
    refused(capsys, *both, "--out", there, "--within-m", "-1")
    refused(capsys, *both, "--out", there, "--within-m", "nan")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_the_right_to_write_is_refused(capsys, filled, tmp_path):
    (tmp_path / "locked").mkdir(mode=0o500)
    _, line = refused(capsys, "plan", "beds", "--store", filled, "--out", tmp_path / "locked" / "x.csv")
    assert "nothing can be written to the folder" in line
    assert not (tmp_path / "locked" / "x.csv").exists()


def test_a_store_that_fails_is_told_without_the_values_of_its_statement(capsys, filled, tmp_path, monkeypatch):
    def fail(*_args):
        raise OperationalError("select * from person where subject = 'SECRET'", {}, Exception("disk I/O error"))

    monkeypatch.setattr("dashboard.commands.plan.Desk", fail)
    code, line = refused(capsys, "plan", "beds", "--store", filled, "--out", tmp_path / "x.csv")
    assert (code, line) == (FAILED, "error: the store failed: disk I/O error")


@pytest.mark.parametrize("area", ["999999", "420102/没有街道", "compound:C9"])
def test_an_area_that_is_not_known_is_refused_with_those_that_are(area, capsys, filled, tmp_path):
    code, line = refused(capsys, "plan", "lockdown", "--store", filled, "--area", area, "--out", tmp_path / "x.csv")
    assert code == REFUSED
    assert "420102 江岸区, 420103 江汉区" in line


@pytest.mark.parametrize("area", ["", "420102", "420102/一元街道", "compound:C1"])
def test_an_area_that_is_known_gets_its_plan(area, filled, tmp_path):
    assert main(["plan", "lockdown", "--store", filled, "--area", area, "--out", str(tmp_path / "x.json")]) == 0
    assert json.loads((tmp_path / "x.json").read_text())["area"] == area


@pytest.mark.parametrize("port", [0, -1, 65536, 99999])
def test_a_port_that_is_none_is_refused(port):
    with pytest.raises(SettingsError, match=f"port {port}"):
        from_environment({}, port=port)


def test_a_port_in_use_is_told_before_the_address_is_printed(capsys, filled):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        _, line = refused(capsys, "serve", "--store", filled, "--port", taken.getsockname()[1])
    assert "in use" in line


def test_match_writes_every_case_and_names_the_file_of_a_remark(capsys, tmp_path):
    text = 'case_id,address\n 001 ,江岸区春风里3栋\n2,x,y\n"3\r",武汉\n4,=1+1\n'
    cases_file = tmp_path / "c.csv"
    cases_file.write_bytes(text.encode())
    g = put(tmp_path / "g.csv", COMPOUNDS)
    assert main(["match", "--cases", str(cases_file), "--compounds", str(g), "--out", str(tmp_path / "o.csv")]) == 0
    content = (tmp_path / "o.csv").read_bytes()
    assert not content.startswith(b"\xef\xbb\xbf")
    with (tmp_path / "o.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["case_id"] for row in rows] == [" 001 ", "2", "3\r", "4"]
    assert rows[0]["compound_id"] == "C1"
    assert json.loads(rows[0]["alternatives"])[0]["score"] == float(rows[0]["probability"])
    assert "c.csv: 1 remarks, the first: row 3: found '3 values', wanted 2 values" in capsys.readouterr().err


def test_match_needs_no_secret(tmp_path, monkeypatch):
    monkeypatch.setenv("FANGYI_MODE", "production")
    c, g = put(tmp_path / "c.csv", "case_id,address\n1,春风里\n"), put(tmp_path / "g.csv", COMPOUNDS)
    assert main(["match", "--cases", str(c), "--compounds", str(g), "--out", str(tmp_path / "o.csv")]) == 0


def test_the_way_of_a_newcomer_with_files_of_their_own(capsys, tmp_path, monkeypatch):
    """The commands of README, "Bring your own data", one after the other, on small files."""
    monkeypatch.setenv("FANGYI_MODE", "production")
    monkeypatch.setenv("FANGYI_SECRET", "x" * 48)
    squares = [
        ({"code": code, "name": name, "name_en": en}, city.square(column, 0, 0.04))
        for code, (name, en, column) in city.DISTRICTS.items()
    ]
    city.geojson(tmp_path / "districts.geojson", squares)
    city.geojson(
        tmp_path / "compounds.geojson",
        [({"compound_id": "C1", "name": "春风里", "district": "江岸区"}, city.square(0, 0))],
    )
    put(tmp_path / "profile.toml", '[columns]\nhospital_id = "编号"\n')
    city.table(
        tmp_path / "hospitals.csv", [{"编号": "H1", "name": "市第一医院", "kind": "定点", "lon": 114.22, "lat": 30.51}]
    )
    cases(tmp_path)
    steps = (
        "feeds",
        "import districts districts.geojson --datum gcj02",
        "import compounds compounds.geojson --datum gcj02",
        "import hospitals hospitals.csv --datum bd09 --map profile.toml",
        "import cases cases.csv --datum wgs84 --receipt receipt.json",
        "pass --name duty-officer --role city",
        "plan lockdown --out lockdown.csv",
        "plan lockdown --as-of 2020-02-04 --out then.csv",  # the day after: a proposal with reasons
        "plan beds --as-of 2020-02-04 --out beds.json",
        "plan staff --as-of 2020-02-04 --out staff.xlsx",
        "plan supplies --as-of 2020-02-04 --out supplies.csv",
        "brief lockdown --as-of 2020-02-04 --out lockdown.pdf",
    )
    monkeypatch.chdir(tmp_path)
    assert {step: main(step.split()) for step in steps} == dict.fromkeys(steps, 0)
    assert json.loads((tmp_path / "receipt.json").read_text())["matched"] == {"accepted/address": 1}
    assert "/enter?pass=" in capsys.readouterr().out


def test_a_stop_that_a_library_swallowed_is_heeded_at_the_next_step(tmp_path, monkeypatch, capsys):
    def build(store, folder, *, progress, **_):
        with contextlib.suppress(KeyboardInterrupt):  # as C code does that drops what is raised inside it
            signal.raise_signal(signal.SIGINT)
        progress(1, 2, "", "")
        raise AssertionError("went on after Ctrl+C")

    monkeypatch.setattr("dashboard.commands.drill.build", build)
    before = signal.getsignal(signal.SIGINT)
    try:
        assert main(["drill", "--small"]) == STOPPED
    finally:
        signal.signal(signal.SIGINT, before)
    assert "nothing was half-written" in capsys.readouterr().err
    assert main(["feeds"]) == 0  # the next command is not stopped by what the one before was asked


def process(*arguments, **environment):
    command = [sys.executable, "-m", "dashboard", *map(str, arguments)]
    return subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **environment}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def stopped(running, ready, wait_s=60.0):
    """Press Ctrl+C once `ready()` holds; return what the process said."""
    until = time.monotonic() + wait_s
    while not ready() and running.poll() is None and time.monotonic() < until:
        time.sleep(0.02)
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=60)
    assert running.returncode == STOPPED, said
    assert said.splitlines() == ["stopped; what was finished stays, nothing was half-written"]


@pytest.mark.parametrize("extra_s", [0.0, 4.0])
def test_a_drill_stops_at_ctrl_c_and_leaves_nothing(tmp_path, extra_s):
    var = tmp_path / "var"
    running = process("drill", "--small")
    stopped(running, lambda: (var / "drill.db.new").exists() and not time.sleep(extra_s))
    assert everything_below(var) == []


def test_an_import_stops_at_ctrl_c_and_leaves_the_store_as_it_was(tmp_path):
    store = city.found(open_store(f"sqlite:///{tmp_path / 'store.db'}", "drill"), tmp_path)
    before = store.latest()
    store.close()
    many = [{"case_id": str(i), "address": f"江岸区春风里{i % 9}栋{i}室"} for i in range(20_000)]
    url = f"sqlite:///{tmp_path / 'store.db'}"
    running = process("import", "cases", cases(tmp_path, *many), "--store", url, "--known-at", "2020-02-16")
    stopped(running, (tmp_path / "store.db-wal").exists)
    assert open_store(url).latest() == before


def test_a_briefing_stops_at_ctrl_c_and_leaves_nothing(tmp_path, filled):
    out = tmp_path / "x.pdf"
    running = process("brief", "lockdown", "--store", filled, "--out", out)
    stopped(running, out.with_name("x.pdf.part").exists, wait_s=20.0)
    assert everything_below(tmp_path) == []


def test_a_command_stops_at_ctrl_c_while_its_libraries_load():
    running = process("serve", "--help")  # it loads everything there is
    stopped(running, lambda: not time.sleep(0.5), wait_s=0.6)
    assert running.returncode == STOPPED


@pytest.mark.parametrize("arguments", [["feeds", "cases"], ["feeds"], ["--help"]], ids=" ".join)
def test_a_command_whose_output_is_read_no_further_ends_without_a_word(arguments):
    read, write = os.pipe()
    command = [sys.executable, "-m", "dashboard", *arguments]
    running = subprocess.Popen(command, cwd=ROOT, stdout=write, stderr=subprocess.PIPE, text=True)
    os.close(write)
    os.close(read)
    _, said = running.communicate(timeout=60)
    assert (running.returncode, said) == (UNREAD, "")


PRESSED = """
import sys

class Pressed:
    def find_spec(self, name, *_):
        if name == "dashboard.commands.serve":
            exec("import os, signal; os.kill(os.getpid(), signal.SIGINT)")

sys.meta_path.insert(0, Pressed())
"""


def test_ctrl_c_in_a_part_of_a_library_that_runs_from_a_text_ends_with_the_same_code(tmp_path):
    """As named tuples are made: Python itself would then end by the signal, whoever answers Ctrl+C afterwards."""
    (tmp_path / "sitecustomize.py").write_text(PRESSED)
    running = process("serve", "--help", PYTHONPATH=str(tmp_path))
    _, said = running.communicate(timeout=60)
    assert running.returncode == STOPPED
    assert said.splitlines() == ["stopped; what was finished stays, nothing was half-written"]


def test_a_server_stops_at_ctrl_c(filled):
    port = browser.free_port()
    running = process("serve", "--store", filled, "--port", port)
    address = running.stdout.readline()
    assert f"http://127.0.0.1:{port}" in address
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=20) as answer:
        assert answer.status == 200
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=30)
    assert (running.returncode, said) in (
        (0, ""),
        (STOPPED, "stopped; what was finished stays, nothing was half-written\n"),
    )


# ---- care for the gazetteer


@pytest.fixture
def twins(tmp_path):
    """A drill store in which one place is listed twice, with a person in each."""
    store = city.found(open_store(f"sqlite:///{tmp_path / 'twins.db'}", "drill"), tmp_path)
    twin = {"compound_id": "C9", "name": "丹水池生活区", "district": "江岸区"}
    path = city.geojson(tmp_path / "t.geojson", [(twin, city.square(2.1, 0.1))])
    city.deliver(store, "compounds", path, "2020-01-02T08:00", datum="wgs84")
    rows = [{"case_id": "1", "address": "江岸区丹水池小区1栋"}, {"case_id": "2", "address": "江岸区丹水池生活区2栋"}]
    city.cases(store, tmp_path, "2020-02-10T18:00", *rows)
    store.close()
    return f"sqlite:///{tmp_path / 'twins.db'}"


def told(capsys, *arguments):
    """Run a command that must work; return what it said."""
    assert main([str(a) for a in arguments]) == 0
    return capsys.readouterr().out


def test_duplicates_are_found_merged_and_undone_by_commands(twins, tmp_path, capsys):
    def command(*arguments):
        return told(capsys, "compounds", *arguments, "--store", twins)

    assert "C2 丹水池小区  =  C9 丹水池生活区" in command("duplicates", "--out", tmp_path / "pairs.csv")
    with (tmp_path / "pairs.csv").open(encoding="utf-8-sig") as file:
        assert [(row["kind"], row["a"], row["b"]) for row in csv.DictReader(file)] == [("same", "C2", "C9")]
    assert "C9 -> C2: 1\n1 persons would move" in command("merge", "C9", "--into", "C2")
    assert command("list") == "0 entries\n"
    assert "1 persons moved, batch" in command(
        "merge", "C9", "--into", "C2", "--by", "总值班", "--why", "同一院", "--apply"
    )
    line = command("list").splitlines()[0]
    assert "merge C9  C2  by 总值班  同一院" in line
    number = line.split()[1]
    assert "0 pairs may be one place" in command("duplicates")
    assert "C2 -> C9: 1" in command("undo", number, "--apply")
    assert [row.split("  by ")[0].split("  ", 2)[2] for row in command("list").splitlines()[:2]] == [
        "merge C9  C2 undone",
        "merge C9  C2",
    ]


def test_the_rehearsal_of_a_merge_lists_the_orders_that_move(twins, tmp_path, capsys):
    zone = {"zone_id": "Z9", "name": "丹水池生活区", "compound": "C9", "state": "封控", "since": "2020-02-09"}
    file = city.table(tmp_path / "z.csv", [zone])
    told(capsys, "import", "controls", file, "--store", twins, "--known-at", "2020-02-20T18:00")
    said = told(capsys, "compounds", "merge", "C9", "--into", "C2", "--store", twins)
    assert "(sealed): C9 -> C2, which then has: sealed" in said


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("merge", "C9", "--into", "C0"), "C0: no such compound"),
        (("split", "C9", "--into", "C2"), "two parts or more"),
        (("alias", "C9", "--name", "9"), "is no name"),
        (("undo", "3"), "no change of the gazetteer that stands"),
        (("merge", "C9", "--into", "C2", "--on", "monday"), "not ISO 8601"),
    ],
)
def test_a_change_that_cannot_be_made_says_why_in_one_line(twins, capsys, arguments, why):
    assert why in refused(capsys, "compounds", *arguments, "--store", twins)[1]
