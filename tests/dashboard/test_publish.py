"""The command that makes figures public: nothing without an entry in the ledger, no small count in the file."""

import csv

import pytest

from dashboard.__main__ import main
from layers.store import open_store, releases
from tests import city


@pytest.fixture
def url(tmp_path):
    found = f"sqlite:///{tmp_path / 's.db'}"
    store = city.found(open_store(found, "drill"), tmp_path)
    where = ["江岸区春风里"] * 8 + ["江汉区长江花园一期"] * 2 + ["地址不详"] * 9
    city.cases(store, tmp_path, "2020-02-04T08:00", *({"case_id": str(n), "address": a} for n, a in enumerate(where)))
    store.close()
    return found


def rows(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def test_a_rehearsal_writes_nothing(url, tmp_path, capsys):
    out = tmp_path / "b.csv"
    assert main(["publish", "--as-of", "2020-02-03", "--out", str(out), "--store", url, "--try"]) == 0
    assert capsys.readouterr().out == "2020-02-03: 9 counts, 1 hidden; nothing was written\n"
    assert not out.exists()
    assert releases.earlier(open_store(url, "drill"), "cases") == []


def test_the_bulletin_of_a_day_shows_no_count_of_few_and_stands_in_the_ledger(url, tmp_path, capsys):
    out = tmp_path / "b.csv"
    assert main(["publish", "--as-of", "2020-02-03", "--out", str(out), "--store", url, "--lang", "en"]) == 0
    assert capsys.readouterr().out == f"{out}: 2020-02-03, 9 counts, 1 hidden; release 1\n"
    assert rows(out) == [
        ["day", "code", "area", "new cases (confirmed and clinical)", "newly cured", "new deaths"],
        ["2020-02-03", "420102", "江岸区", "8", "0", "0"],
        ["2020-02-03", "420103", "江汉区", "*", "0", "0"],
        ["2020-02-03", "", "whole city", "19", "0", "0"],
        ["* not shown, to protect persons: counts of 1 to 4, and those that they follow from"],
    ]
    assert [len(one) for one in releases.earlier(open_store(url, "drill"), "dead")] == [3]


def test_what_cannot_be_entered_does_not_go_out(url, tmp_path, monkeypatch):
    def fails(*_, **_more):
        raise OSError("no ledger")

    monkeypatch.setattr(releases, "keep", fails)
    out = tmp_path / "b.csv"
    assert main(["publish", "--as-of", "2020-02-03", "--out", str(out), "--store", url]) != 0
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(("b.csv", ".b.csv"))] == []
