"""Numbers that tell who somebody is, however they are written: telephones and identity numbers."""

import re
import unicodedata

# People group digits as they please; telephones bring invisible marks of direction with a number that is copied.
_SIGN = r"[\s.\-\u2010-\u2014_·\u200b-\u200f\u202a-\u202e\ufeff]"
_GAP = _SIGN + "{0,3}"


def _spaced(*digits: str) -> str:
    """The pattern of digits that stand together or in groups."""
    return _GAP.join(digits)


_ANY = r"\d"
_DAY = f"(?:{_spaced('0', '[1-9]')}|{_spaced('1', '[0-2]')}){_GAP}(?:{_spaced('0', '[1-9]')}|{_spaced('[12]', _ANY)}|{_spaced('3', '[01]')})"
_YEAR = f"(?:{_spaced('1', '[89]')}|{_spaced('2', '0')}){_GAP}{_spaced(_ANY, _ANY)}"
_REGION = _spaced(*[_ANY] * 6)
_NUMBERS = (
    f"(?:\\+?{_GAP}(?:00)?86{_GAP})?" + _spaced("1", "[3-9]", *[_ANY] * 9),
    r"0(?:10|2\d)[2-8]\d{7}|0[3-9]\d\d[2-8]\d{6}",
    # With a gap behind the area code: twelve digits without one are a record's number as well as a telephone.
    rf"\(?0(?:10|2\d|[3-9]\d\d)(?:\)|{_SIGN}){_GAP}[2-8]{_GAP}{_spaced(*[_ANY] * 6)}(?:{_GAP}\d)?",
    _spaced(_REGION, _YEAR, _DAY, _ANY, _ANY, _ANY, r"[\dXx]"),  # GB 11643-1999
    _spaced(_REGION, _ANY, _ANY, _DAY, _ANY, _ANY, _ANY),  # as issued until 1999
)
_ANYWHERE = re.compile(rf"(?<!\d)(?:{'|'.join(_NUMBERS)})(?!\d)")
_APART = re.compile(rf"(?<![0-9A-Za-z])(?:{'|'.join(_NUMBERS)})(?![0-9A-Za-z])")
_LABELLED = re.compile(
    rf"(?:联系)?(?:电话|手机|身份证号?)?[:：]?(?<!\d)(?:{'|'.join(_NUMBERS)}|\d{{11,17}}[\dXx]?)(?!\d)"
)
WHOLE = re.compile(r"\d{17}[\dXx]")  # an identity number as it should be written


def tells(text: str) -> bool:
    """Return whether a telephone or identity number stands anywhere in a text.

    >>> tells("张三 138-0013-8000"), tells("一院 12 号楼 3 层")
    (True, False)
    """
    return _ANYWHERE.search(unicodedata.normalize("NFKC", text)) is not None


def id_tells(text: str) -> bool:
    """Return whether the id of a record is, or holds, a telephone or identity number; a letter in front makes it a number of its own.

    >>> id_tells("110101 19900307 0011"), id_tells("W420102-20200210-0001"), id_tells("4201020000123")
    (True, False, False)
    """
    return _APART.search(unicodedata.normalize("NFKC", text)) is not None


def is_identity(text: str) -> bool:
    """Return whether a text is an identity number and nothing else, as it should be written."""
    return WHOLE.fullmatch(text) is not None


def without_numbers(text: str | None) -> str | None:
    """Return an address or a remark without telephone and identity numbers that somebody pasted into it: they are never kept.

    >>> without_numbers("春风里3栋，电话138 0013 8000")
    '春风里3栋'
    """
    return _LABELLED.sub("", text).strip(" ,，;；:：") or None if isinstance(text, str) else None
