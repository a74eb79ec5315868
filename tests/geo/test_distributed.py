"""Partitions on Dask: the plain engine's answers, faults that stop no other, workers that are killed, reruns that go on."""

import os
import signal
import socket

import pandas as pd
import pytest

from geo import city_kept
from geo.errors import GeoError
from geo.partition import look
from tests.geo.test_partition import COMPOUNDS, cases, plainly, same, written

pytest.importorskip("distributed", reason="dask is not installed; `make scale` installs it")

import psutil  # noqa: E402 (Dask brings it)

from geo import distributed  # noqa: E402

# Dask closes its own sockets and loops late.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
PARTITIONS = 8


@pytest.fixture(scope="module")
def client():
    """Two processes on this machine."""
    with distributed.cluster(2) as made:
        yield made


@pytest.fixture
def province(tmp_path):
    """Partitions of two cities, and their compounds."""
    east = COMPOUNDS.assign(compound_id="E" + COMPOUNDS["compound_id"])
    cities = [city_kept.keep(n, c, tmp_path / "cache") for n, c in (("甲市", COMPOUNDS), ("乙市", east))]
    parts = [
        look(
            written(cases(2_000), tmp_path / "in" / f"city={'甲乙'[i % 2]}市" / f"{i}.parquet"),
            tmp_path / "out" / f"{i}.parquet",
            "wgs84",
        )
        for i in range(PARTITIONS)
    ]
    return parts, cities


def everything(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_the_answers_are_those_of_the_plain_engine_and_a_rerun_does_nothing(client, province):
    parts, cities = province
    heard = []
    summary = distributed.match_partitions(parts, cities, client, told=lambda s: heard.append(s.matched))
    assert (summary.matched, summary.kept, summary.rows, summary.faults) == (PARTITIONS, 0, PARTITIONS * 2_000, [])
    assert heard == list(range(PARTITIONS + 1))
    expected = plainly(cases(2_000))
    same(pd.read_parquet(parts[0].answers), expected)
    ids = pd.read_parquet(parts[1].answers)["compound_id"]
    assert ids.tolist() == ["E" + i if i else "" for i in expected["compound_id"]]
    again = distributed.match_partitions(parts, cities, client)
    assert (again.matched, again.kept, again.rows, again.outcomes) == (0, PARTITIONS, summary.rows, summary.outcomes)


def test_a_worker_that_is_killed_loses_nothing(client, province, tmp_path):
    parts, cities = province
    before = set(client.run(os.getpid).values())
    victims = set(before)

    def kill(summary):
        if summary.matched == 2 and victims == before:
            victims.pop()
            os.kill(next(iter(before - victims)), signal.SIGKILL)

    summary = distributed.match_partitions(parts, cities, client, told=kill)
    assert len(victims) == 1
    assert (summary.matched + summary.kept, summary.rows, summary.faults) == (PARTITIONS, PARTITIONS * 2_000, [])
    expected = [f"{i}.{kind}" for i in range(PARTITIONS) for kind in ("json", "parquet")]
    assert everything(tmp_path / "out") == sorted(expected)
    same(pd.read_parquet(parts[0].answers), plainly(cases(2_000)))


def test_a_bad_partition_is_named_and_stops_no_other(client, province):
    parts, cities = province
    parts[3].source.write_bytes(b"")  # between the look and the match
    summary = distributed.match_partitions(parts, cities, client)
    assert summary.matched == PARTITIONS - 1
    (fault,) = summary.faults
    assert str(parts[3].source) in fault
    assert not parts[3].answers.exists()


def test_a_partition_without_a_city_is_a_fault_where_compounds_have_one(client, province, tmp_path):
    parts, cities = province
    lost = look(written(cases(10), tmp_path / "lost.parquet"), tmp_path / "o.parquet", "wgs84")
    summary = distributed.match_partitions([*parts, lost], cities, client)
    assert summary.matched == PARTITIONS
    assert "lost.parquet: has no column city (城市) and lies in no folder city=…" in summary.faults[0]


def test_the_cluster_is_heard_by_this_machine_only(client):
    processes = [psutil.Process(), *psutil.Process().children(recursive=True)]
    heard = {c.laddr.ip for p in processes for c in p.net_connections("inet") if c.status == psutil.CONN_LISTEN}
    assert len(processes) >= 3
    assert heard == {"127.0.0.1"}


def test_a_scheduler_that_is_not_there_is_told_in_one_line():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{probe.getsockname()[1]}"
    with pytest.raises(GeoError, match="does not answer"), distributed.connected(address):
        pass
