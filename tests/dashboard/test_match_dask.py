"""The command `match` over partitions: what it refuses in one line, what it says at the end, and that a rerun goes on."""

import importlib.util
import signal

import pandas as pd
import pytest

from dashboard.__main__ import REFUSED, main
from tests.geo.test_partition import COMPOUNDS, cases, plainly, written

DASK = pytest.mark.skipif(
    not importlib.util.find_spec("distributed"), reason="dask is not installed; `make scale` does"
)


@pytest.fixture
def command(tmp_path, monkeypatch):
    """The arguments of a match of two good partitions and a bad one."""
    monkeypatch.setenv("FANGYI_VAR", str(tmp_path / "var"))
    for name in ("甲", "乙"):
        written(cases(500), tmp_path / "in" / f"city={name}" / "a.parquet")
    written(cases(5)[["lon"]], tmp_path / "in" / "city=甲" / "bad.parquet")
    wkb = COMPOUNDS.assign(geometry=[g.wkb if g is not None else None for g in COMPOUNDS["geometry"]])
    compounds = written(pd.concat([wkb.assign(city=n) for n in ("甲", "乙")]), tmp_path / "compounds.parquet")
    before = signal.getsignal(signal.SIGTERM)
    yield [
        *("match", "--engine", "dask", "--cases", str(tmp_path / "in"), "--compounds", str(compounds)),
        *("--cases-datum", "wgs84", "--compounds-datum", "wgs84", "--out", str(tmp_path / "out"), "--workers", "1"),
    ]
    signal.signal(signal.SIGTERM, before)


@DASK
def test_partitions_are_matched_once_and_a_bad_one_is_named(command, capsys, tmp_path):
    assert main(command) == 1
    said = capsys.readouterr()
    assert (
        "2 partitions matched, 0 kept from before, 1 failed: 1,000 cases against 14 compounds of 2 cities" in said.out
    )
    assert "bad.parquet: column case_id (病例编号) is missing; found ['lon']" in said.err
    assert said.err.endswith("error: 1 partitions could not be matched; they are named above\n")
    answers = pd.read_parquet(tmp_path / "out" / "city=甲" / "a.parquet")
    assert answers["compound_id"].tolist() == plainly(cases(500))["compound_id"].tolist()
    (tmp_path / "in" / "city=甲" / "bad.parquet").unlink()
    (tmp_path / "out" / "city=甲" / "a.json").unlink()
    assert main(command) == 0
    assert "1 partitions matched, 1 kept from before, 0 failed: 1,000 cases" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--scheduler", "tcp://127.0.0.1:1"], "wanted one of them"),
        (["--workers", "0"], "--workers 0; wanted 1 or more"),
        (["--report", "x.json"], "--report is not for the engine dask"),
        (["--cases-datum", "auto"], "--cases-datum auto is not for the engine dask"),
        (["--within-m", "-1"], "--within-m -1"),
        (["--engine", "plain"], "--workers and --scheduler are for --engine dask"),
    ],
)
def test_what_does_not_go_together_is_refused_in_one_line(more, said, command, capsys, monkeypatch):
    monkeypatch.setattr("geo.distributed.require_dask", lambda: None)
    assert main([*command, *more]) == REFUSED
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line


def test_without_dask_a_line_says_what_installs_it(command, capsys, monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr(
        "importlib.util.find_spec", lambda name: None if name in ("dask", "distributed") else found(name)
    )
    assert main(command) == REFUSED
    assert (
        capsys.readouterr().err
        == "error: dask and distributed not installed; `make scale` installs what the engine dask needs\n"
    )


def test_the_plain_engine_takes_one_file_of_compounds(command, capsys):
    plain = [*command[:1], *command[3:-2]]
    plain.insert(plain.index("--compounds") + 1, "a.csv")
    assert main(plain) == REFUSED
    assert "2 files of compounds; wanted one, or --engine dask" in capsys.readouterr().err
