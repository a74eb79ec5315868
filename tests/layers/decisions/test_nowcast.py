"""Late reports: Lawless' method against its published example, and what must not be said (DOMAIN V7, 4)."""

import numpy as np
import pandas as pd
import pytest

from layers.decisions.nowcast import nowcast, past_errors, reported_within, thinned

LAWLESS = {  # as surveillance runs it: delays of up to 15 days, all of them used, the interval for known delays
    "max_delay_days": 15,
    "window_days": 60,
    "least_reported": 0.25,
    "least_reports": 1,
    "uncertain_delays": False,
    "check_days": 5,
    "settled": 0.8,
}
PARAMS = LAWLESS | {"max_delay_days": 2, "window_days": 10}


def reports(*rows):
    return pd.DataFrame(rows, columns=["event_day", "known_day", "n"])


@pytest.fixture(scope="module")
def hus(real_data):
    folder = real_data / "validation" / "nowcast"
    rows = pd.read_csv(folder / "husO104Hosp.csv", parse_dates=["dHosp", "dReport"])
    numbers = {
        new: (rows[old] - pd.Timestamp(0)).dt.days for new, old in (("event_day", "dHosp"), ("known_day", "dReport"))
    }
    now = (pd.Timestamp("2011-06-02") - pd.Timestamp(0)).days
    found = nowcast(pd.DataFrame(numbers).assign(n=1), now, LAWLESS, first=now - 14)
    return found, pd.read_csv(folder / "hus_lawless_expected_2011-06-02.csv")


def test_the_outbreak_of_hamburg_is_completed_as_published(hus):
    """V7: all days of which a fifth is reported lie within a person of R's surveillance, which rounds up; so do both ends."""
    found, wanted = hus
    rows = found["reported"] > 0.2
    assert rows.sum() == 11
    for ours, theirs in (("observed", "observed"), ("estimate", "lawless"), ("low", "lo"), ("high", "hi")):
        assert (found[ours] - wanted[theirs])[rows].abs().max() <= 1


def test_two_days_re_typed_from_the_published_table(hus):
    """34 reported on 24 May become 53 [43, 63], 9 on 29 May 41 [18, 63]."""
    found = hus[0].set_index("day")
    for back, numbers in ((9, (34, 53, 43, 63)), (4, (9, 41, 18, 63))):
        row = found.loc[found.index.max() - back, ["observed", "estimate", "low", "high"]].astype(float)
        assert np.abs(row.to_numpy() - np.array(numbers)).max() <= 1


def test_pitfall_right_truncation_days_without_a_report_are_insufficient_and_not_zero(hus):
    """R prints 0 for the last two days; 16 and 6 persons had fallen ill."""
    last = hus[0].tail(2)
    assert last["observed"].tolist() == [0, 0]
    assert last["state"].tolist() == ["insufficient", "insufficient"]
    assert last[["estimate", "low", "high"]].isna().all(axis=None)


def test_days_with_less_than_a_quarter_reported_are_thin(hus):
    found = hus[0]
    assert found.loc[found["reported"].between(0.05, 0.2499), "state"].unique().tolist() == ["thin"]


def test_delays_by_hand():
    """Of 8 known within two days 2 came after two; of 9 known within one day 3 after one: 3/4, then 3/4 x 2/3."""
    rows = reports((8, 8, 3), (8, 9, 3), (8, 10, 2), (9, 9, 3), (10, 10, 5))
    share, _ = reported_within(rows, 10, PARAMS)
    assert share.tolist() == pytest.approx([3 / 4 * 6 / 9, 3 / 4, 1])
    found = nowcast(rows, 10, PARAMS, first=8)
    assert found["estimate"].tolist() == pytest.approx([8, 4, 10])
    assert found["state"].tolist() == ["complete", "estimated", "estimated"]


def test_what_came_on_the_first_day_of_reports_tells_no_delay():
    """40 told on day 8 about day 6 may have been known elsewhere for long; only what came after counts."""
    rows = reports((6, 8, 40), (8, 9, 3), (8, 8, 3), (8, 10, 2), (9, 9, 3), (10, 10, 5))
    wrong, _ = reported_within(rows, 10, PARAMS)
    right, _ = reported_within(rows, 10, PARAMS, began=8)
    assert right[1] == pytest.approx(3 / 4)
    assert wrong[1] == pytest.approx(1 - 42 / 48)


def test_report_days_of_a_new_definition_teach_no_delay():
    rows = reports((7, 9, 500), (7, 7, 10), (8, 8, 6), (8, 10, 2), (9, 9, 3), (10, 10, 5))
    share, _ = reported_within(rows, 10, PARAMS, left_out=[9])
    assert share[1] == pytest.approx(1 - 2 / 8)


def test_unknown_delays_give_no_number():
    found = nowcast(reports((10, 10, 5)), 10, PARAMS | {"least_reports": 10}, first=9)
    assert found["state"].unique().tolist() == ["insufficient"]
    assert found["estimate"].isna().all()


def test_none_reported_of_a_day_that_is_mostly_known_leaves_an_upper_limit():
    """With three quarters reported, nobody of n is known with a chance of 1/4^n: 5 % at n = 2.16."""
    rows = reports((8, 8, 3), (8, 9, 3), (8, 10, 2), (10, 10, 5))
    row = nowcast(rows, 10, PARAMS, first=9).iloc[0]
    assert (row["state"], row["estimate"], row["low"]) == ("estimated", 0, 0)
    assert row["high"] == pytest.approx(np.log(0.05) / np.log(0.25))


def test_earlier_nowcasts_that_were_wrong_widen_the_interval():
    """Until day 20 half of each day came a day late, since then nothing does: what is completed is too high, and says so."""
    rows = reports(*((day, day + late, 20) for day in range(31) for late in ((0, 1) if day < 20 else (0, 0))))
    params = PARAMS | {"window_days": 30, "check_days": 10}
    past = past_errors(rows, 30, params)
    assert past[0] > 0.005
    plain, wide = (nowcast(rows, 30, params, first=30, past=each).iloc[0] for each in (None, past))
    assert wide["estimate"] == plain["estimate"]
    assert wide["high"] > plain["high"]


def test_a_part_is_completed_by_the_delays_of_the_whole():
    rows = reports((8, 8, 3), (8, 9, 3), (8, 10, 2), (9, 9, 3), (10, 10, 5))
    found = thinned(nowcast(rows, 10, PARAMS, first=8), np.array([4.0, 3.0, 1.0]), PARAMS)
    assert found["estimate"].tolist() == pytest.approx([4, 4, 2])
