"""How characters sound: one code character per hanzi, so that homophones and near sounds compare equal."""

import re
from functools import cache

_PRIVATE_USE = 0xE000


def sound_of(text: str) -> str:
    """Return `text` with every hanzi replaced by the code of its sound; same length, other characters kept.

    Sounds that dialects of the middle Yangtze do not tell apart are one: zh/z, ch/c, sh/s, n/l, hu/f, final ng/n.
    """
    return text.translate(_codes())


def same_sounding() -> dict[str, str]:
    """Return every sound code with the characters that share it."""
    return _groups()


@cache
def _codes() -> dict[int, str]:
    from pypinyin import lazy_pinyin  # a large dictionary, read once

    codes: dict[str, str] = {}
    table = {}
    for point in range(0x4E00, 0x9FA6):
        syllable = lazy_pinyin(chr(point))[0]
        if syllable != chr(point):
            table[point] = codes.setdefault(_merged(syllable), chr(_PRIVATE_USE + len(codes)))
    return table


@cache
def _groups() -> dict[str, str]:
    groups: dict[str, list[str]] = {}
    for point, code in _codes().items():
        groups.setdefault(code, []).append(chr(point))
    return {code: "".join(members) for code, members in groups.items()}


def _merged(syllable: str) -> str:
    for retroflex, plain in (("zh", "z"), ("ch", "c"), ("sh", "s")):
        syllable = syllable.replace(retroflex, plain)
    syllable = re.sub("^n", "l", syllable)
    syllable = re.sub("^h(?=u)", "f", syllable)
    return re.sub("(?<=[aei])ng$", "n", syllable)
