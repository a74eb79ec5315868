"""Medical teams of the drill: the published totals, split into invented teams that arrive, wait and are assigned."""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pandas as pd

from layers.scenario.city import City
from layers.scenario.curve import EPOCH, day_of
from layers.scenario.deliveries_beds import open_sites
from layers.scenario.published import apportion, interpolated, settings, table

WAIT_DAYS = 2  # from arrival to a place; the newest teams have none
LOCAL_PER_BED = 0.9  # a hospital's own people a bed; invented
SKILLS = {"icu_doctor": "重症医生", "doctor": "医生", "icu_nurse": "重症护士", "nurse": "护士", "support": "其他"}
LOCAL = "武汉"  # origin of the hospitals' own staff; every other origin is aid
COLUMNS = ["team_id", "team", "origin", "skill", "people", "arrived_at", "hospital", "leaves_at", "reported_at"]


@dataclass(frozen=True)
class Roster:
    """Teams: team_id, team, origin, day (of arrival), assigned (day, or 0), hospital (name), and people by skill."""

    teams: pd.DataFrame

    def rows(self, before: int, day: int) -> pd.DataFrame:
        """Return what is told on the evening of `day`: teams that arrived, and got a place, since the evening of `before`."""
        teams = self.teams
        arrived = teams["day"].gt(before) & teams["day"].le(day)
        placed = teams["assigned"].gt(before) & teams["assigned"].le(day)
        told = teams[arrived | placed]
        at = np.where(told["assigned"] <= day, told["hospital"], "")
        wide = told.assign(hospital=at, arrived_at=[f"{EPOCH + timedelta(days=int(d))} 08:00" for d in told["day"]])
        long = wide.melt(["team_id", "team", "origin", "arrived_at", "hospital"], [*SKILLS], "skill", "people")
        long = long[long["people"] > 0].sort_values(["team_id", "skill"], kind="stable", ignore_index=True)
        long["skill"] = long["skill"].map(SKILLS)
        return long.assign(leaves_at="", reported_at=f"{EPOCH + timedelta(days=day)} 19:00")[COLUMNS]


def roster(city: City, factor: float, seed: int, last: int) -> Roster:
    """Return all teams up to the day `last`: aid teams adding up to facts/teams.toml times `factor`, and local staff."""
    rng = np.random.default_rng([seed, 5])
    aid = _aid(rng, factor, last)
    aid["hospital"] = _places(rng, city, aid)
    return Roster(pd.concat([_local(city, factor), aid], ignore_index=True))


def aid_totals(day: int, factor: float = 1.0) -> tuple[int, int]:
    """Return teams and people sent to Wuhan by the end of `day`: published, or interpolated between published days."""
    found = settings("teams.toml")["total"]
    when = [EPOCH + timedelta(days=day)]
    teams, people = (round(float(interpolated(found, name, when)[0]) * factor) for name in ("teams", "people"))
    return teams, people


def _aid(rng: np.random.Generator, factor: float, last: int) -> pd.DataFrame:
    facts = settings("teams.toml")
    provinces, weights = list(facts["provinces"]), np.array(list(facts["provinces"].values()), dtype=float)
    rows, teams_before, people_before, waiting = [], 0, 0, 0
    for day in range(day_of("2020-01-20"), last + 1):
        teams, people = aid_totals(day, factor)
        # A small city gets people before it gets a whole team; they come with the next one.
        waiting, coming, people_before = waiting + people - people_before, teams - teams_before, people
        teams_before = teams
        if coming > 0:
            sizes = apportion(waiting, rng.uniform(0.5, 1.6, coming))
            origins = rng.choice(provinces, coming, p=weights / weights.sum())
            rows += [(day, str(origin), int(size)) for origin, size in zip(origins, sizes, strict=True)]
            waiting = 0
    found = pd.DataFrame(rows, columns=["day", "origin", "people"])
    number = found.groupby("origin").cumcount() + 1
    found["team_id"] = [f"WH-A{n:03d}" for n in range(1, len(found) + 1)]
    found["team"] = [f"{origin}援鄂医疗队第{n}批" for origin, n in zip(found["origin"], number, strict=True)]
    found["assigned"] = found["day"] + WAIT_DAYS
    return found.join(_skills(found["people"])).drop(columns="people")


def _skills(people: pd.Series) -> pd.DataFrame:
    shares = settings("teams.toml")["skills"]
    weights = np.array([shares[name] for name in SKILLS])
    split = np.array([apportion(int(n), weights) for n in people]).reshape(-1, len(SKILLS))
    return pd.DataFrame(split, columns=list(SKILLS), index=people.index)


def _places(rng: np.random.Generator, city: City, teams: pd.DataFrame) -> list[str]:
    """A site for each team among those open when it is assigned, large ones more often."""
    sites = city.hospitals.set_index("hospital_id")
    found: list[str] = []
    for day, count in sorted(Counter(teams["assigned"].tolist()).items()):
        here = pd.concat([open_sites(sites, kind, day) for kind in ("designated", "fangcang")])
        weight = here["capacity"].to_numpy(float)
        found += rng.choice(here["name"].to_numpy(object), count, p=weight / weight.sum()).tolist()
    return found


def _local(city: City, factor: float) -> pd.DataFrame:
    """Each designated hospital's own people, there from the day it opens."""
    sites = city.hospitals[city.hospitals["kind"] == "designated"]
    beds = table("hospitals.csv").set_index("hospital_id")["open"].reindex(sites["hospital_id"]).to_numpy()
    beds = np.where(np.isnan(beds), sites["capacity"].to_numpy(float), beds)
    people = pd.Series(np.ceil(beds * LOCAL_PER_BED * factor).astype(int))
    opens = np.maximum([day_of(str(text)[:10]) for text in sites["opens"]], day_of("2020-01-20"))
    teams = pd.DataFrame(
        {
            "team_id": [f"WH-L{n:03d}" for n in range(1, len(sites) + 1)],
            "team": [f"{name}本院医护" for name in sites["name"]],
            "origin": LOCAL,
            "day": opens,
            "assigned": opens,
            "hospital": sites["name"].to_numpy(object),
        }
    )
    return teams.join(_skills(people))
