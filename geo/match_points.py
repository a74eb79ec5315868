"""What the joint rules say of cases that have a point and no address, for many cases at once."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from geo.address_joint import NEAREST_SURE_M, Clue, PointAnswer, PointState, Verdict, join
from geo.address_match import EMPTY
from geo.point_edges import Longs
from geo.point_located import Located
from geo.point_runs import offsets

ANSWERS = pa.schema(  # geo.match.MATCH_COLUMNS
    [
        ("case_id", pa.string()),
        ("status", pa.string()),
        ("compound_id", pa.string()),
        ("method", pa.string()),
        ("probability", pa.float64()),
        ("distance_m", pa.float64()),
        (
            "alternatives",
            pa.list_(pa.struct([("compound_id", pa.string()), ("name", pa.string()), ("score", pa.float64())])),
        ),
        ("reason_zh", pa.string()),
        ("reason_en", pa.string()),
    ]
)
NONE, AWAY, INSIDE, NEAR = 0, 1, 2, 3
_STATES: dict[int, PointState] = {NONE: "none", AWAY: "away", INSIDE: "inside", NEAR: "near"}


@dataclass(frozen=True)
class Labels:
    """Ids and names of compounds, by position."""

    ids: pa.Array
    names: pa.Array


def answer_points(
    case_ids: pa.Array,
    given: NDArray[np.bool_],
    located: Located,
    labels: Labels,
    within_m: float,
    frame_sure: float = 1.0,
) -> pa.Table:
    """Return ANSWERS for cases without an address and with fine coordinates, in order.

    given       True where the case has a point; `located` says where all points lie, also those that are not given
    frame_sure  as in `geo.match`
    """
    state = _states(given, located)
    kind, first = _kinds(state, located)
    verdicts = [_verdict(int(i), state, located, (within_m, frame_sure)) for i in first]
    probability = np.array([v.probability for v in verdicts])[kind]
    for i in np.flatnonzero((state == NEAR) & ~located.ambiguous & (located.distance_m <= NEAREST_SURE_M)):
        probability[i] = _verdict(
            int(i), state, located, (within_m, frame_sure)
        ).probability  # it falls with the distance
    accepted = np.array([v.status == "accepted" for v in verdicts])[kind]
    chosen = np.where(accepted, located.position, len(labels.ids))
    columns = {
        "case_id": case_ids,
        "status": _spread([v.status for v in verdicts], kind),
        "compound_id": pa.concat_arrays([labels.ids, pa.array([""])]).take(pa.array(chosen)),
        "method": _spread([v.method for v in verdicts], kind),
        "probability": probability,
        "distance_m": np.where(state >= INSIDE, located.distance_m, np.nan),
        "alternatives": _alternatives(verdicts, kind, probability, located, labels),
        "reason_zh": _spread([v.reason_zh for v in verdicts], kind),
        "reason_en": _spread([v.reason_en for v in verdicts], kind),
    }
    return pa.table(columns, schema=ANSWERS)


def _states(given: NDArray[np.bool_], located: Located) -> NDArray[np.int64]:
    held = np.where(located.inside, INSIDE, np.where(located.position >= 0, NEAR, AWAY))
    return np.where(given, held, NONE)


def _kinds(state: NDArray[np.int64], located: Located) -> tuple[Longs, Longs]:
    """Return each case's kind and the first case of each: those of one kind differ in compounds and, if near, in probability."""
    metres = np.where(state == NEAR, np.nan_to_num(np.rint(located.distance_m)), 0).astype(np.int64)
    sure = (state == NEAR) & (located.distance_m <= NEAREST_SURE_M)
    flags = state + 4 * located.ambiguous + 8 * (located.runner_up >= 0) + 16 * sure
    key = np.where(state == NONE, NONE, metres * 32 + flags)
    _, first, kind = np.unique(key, return_index=True, return_inverse=True)
    return kind, first


def _verdict(i: int, state: NDArray[np.int64], located: Located, given: tuple[float, float]) -> Verdict:
    held = int(state[i]) >= INSIDE
    point = PointAnswer(
        _STATES[int(state[i])],
        int(located.position[i]) if held else -1,
        float(located.distance_m[i]) if held else float("nan"),
        bool(located.ambiguous[i]) and held,
        int(located.runner_up[i]) if held else -1,
    )
    within_m, frame_sure = given
    return join(Clue(EMPTY, point, {}, False, False, within_m, frame_sure))


def _spread(values: list[Any], kind: Longs) -> pa.Array:
    return pa.array(values, pa.string()).take(pa.array(kind))


def _alternatives(
    verdicts: list[Verdict], kind: Longs, probability: NDArray[np.float64], located: Located, labels: Labels
) -> pa.Array:
    """The compound that holds the point or is nearest, and behind it the runner-up where the verdict names one."""
    many = np.array([len(v.alternatives) for v in verdicts])[kind]
    begin = offsets(many)
    position = np.zeros(int(many.sum()), dtype=np.int32)
    score = np.zeros(len(position))
    one, two = many >= 1, many >= 2
    position[begin[one]], score[begin[one]] = located.position[one], probability[one]
    behind = np.array([v.alternatives[1][1] if len(v.alternatives) > 1 else 0.0 for v in verdicts])
    position[begin[two] + 1], score[begin[two] + 1] = located.runner_up[two], behind[kind[two]]
    at = pa.array(position)
    parts = pa.StructArray.from_arrays(
        [labels.ids.take(at), labels.names.take(at), pa.array(score)], names=["compound_id", "name", "score"]
    )
    return pa.ListArray.from_arrays(pa.array(np.r_[begin, len(position)].astype(np.int32)), parts)
