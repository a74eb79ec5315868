"""Read a delivered file as text, in chunks, whatever its format; judge nothing but its shape."""

import csv
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

import openpyxl
import pandas as pd

from layers._errors import FeedError
from layers.intake import apart, spatial, workbooks
from layers.intake.chunks import (
    CHUNK,
    EXACT,
    WATERMARK,
    Chunk,
    Misshapen,
    Rounded,
    first_of,
    own_name,
    text,
    unguarded,
    verbatim,
)
from layers.intake.signatures import require_text

FORMATS = (".csv", ".xlsx", ".jsonl", ".geojson", ".json", ".gpkg")
QUOTES = "quotation marks that open and close a value, doubled within it"
Line = tuple[int, list[Any] | Misshapen]


def read(path: Path, *, sheet: str | None = None, exact: Sequence[str] = ()) -> Iterator[Chunk]:
    """Yield the file's rows. A file that cannot be read at all raises FeedError before or while rows are yielded.

    sheet  the sheet of an XLSX (default the first) or the layer of a GeoPackage (default its only one)
    exact  names of a column, the first that the file has is also given as it stands in the file: see Chunk.verbatim
    """
    suffix = _format(path)
    try:
        if suffix == ".csv":
            yield from _csv(path, exact)
        elif suffix == ".xlsx":
            yield from _table(_xlsx(path, sheet), path, exact)
        elif suffix == ".jsonl":
            yield from _jsonl(path, exact)
        elif suffix == ".gpkg":
            yield from apart.chunks("geopackage", path, _layer(path, sheet)[0], exact)
        else:
            yield from apart.chunks("geojson", path, encoding_of(path), exact)
    except (OSError, KeyError, ValueError, *spatial.FAULTS) as error:
        raise FeedError(
            f"{path.name}: cannot be read as {suffix[1:].upper()} ({error})",
            f"{path.name}：无法按{suffix[1:].upper()}读取，文件可能已损坏或格式不对",
        ) from error


def unread(path: Path, sheet: str | None = None) -> list[str]:
    """Return the names of the sheets or tables of the file that `read` leaves aside."""
    suffix = _format(path)
    if suffix == ".gpkg":
        return _layer(path, sheet)[1]
    if suffix != ".xlsx":
        return []
    names = _sheets(path)
    return [name for name in names if name != (sheet or names[0])]


def encoding_of(path: Path) -> str:
    """Return utf-8-sig or gb18030, found by content; another kind of file, NUL bytes or neither raise FeedError."""
    content = path.read_bytes()
    require_text(path, content)
    if b"\0" in content:
        raise FeedError(
            f"{path.name}: holds NUL bytes at position {content.index(0)}; wanted a text file",
            f"{path.name}：第 {content.index(0)} 字节处有空字符，应为文本文件；是否改错了扩展名？",
        )
    for name in ("utf-8-sig", "gb18030"):
        try:
            content.decode(name)
        except UnicodeDecodeError:
            continue
        return name
    raise FeedError(
        f"{path.name}: text is neither UTF-8 nor GB18030; save it as one of them",
        f"{path.name}：文字编码既不是UTF-8也不是GB18030（GBK），请另存为其中一种",
    )


def _format(path: Path) -> str:
    suffix = path.suffix.lower()
    if not path.exists():
        raise FeedError(f"{path.name}: no such file")
    if suffix not in FORMATS:
        raise FeedError(
            f"{path.name}: format {suffix or 'unknown'}; wanted one of {', '.join(FORMATS)}",
            f"{path.name}：格式为{suffix or '未知'}，应为 {'、'.join(FORMATS)} 之一",
        )
    if path.stat().st_size == 0:
        raise FeedError(f"{path.name}: the file is empty", f"{path.name}：文件是空的")
    return suffix


def _csv(path: Path, exact: Sequence[str]) -> Iterator[Chunk]:
    with path.open(encoding=encoding_of(path), newline="") as file:
        yield from _table(_csv_lines(file, path), path, exact)


def _csv_lines(file: TextIO, path: Path) -> Iterator[Line]:
    """A line with broken quotation marks is one bad row, unless it swallowed others: then nobody knows which."""
    reader = csv.reader(file, strict=True)
    before = 0
    while True:
        try:
            line: list[Any] | Misshapen = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if reader.line_num > before + 1:
                raise FeedError(
                    f"{path.name}: a quotation mark opened in line {before + 1} and is not closed; wanted {QUOTES} ({error})",
                    f"{path.name}：第 {before + 1} 行的引号没有成对，其后各行无法读取",
                ) from error
            line = (
                _too_long(reader.line_num)
                if "field limit" in str(error)
                else Misshapen(reader.line_num, f"a line that is no CSV: {error}", QUOTES, "引号不成对，无法按CSV读取")
            )
        before = reader.line_num
        if line:
            yield before, line


def _too_long(number: int) -> Misshapen:
    most = csv.field_size_limit()
    wanted = f"at most {most:,} characters in a value"
    return Misshapen(number, f"a value of more than {most:,} characters", wanted, f"有一格超过{most:,}个字符")


def _book(path: Path) -> Any:
    workbooks.require_sane(path)
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except Exception as error:  # openpyxl raises whatever the zip or XML below it raised
        raise FeedError(
            f"{path.name}: not a readable XLSX file ({error})",
            f"{path.name}：不是可读的XLSX文件，可能已损坏",
        ) from error
    if not book.worksheets:
        raise FeedError(f"{path.name}: holds no sheet with cells", f"{path.name}：没有含单元格的工作表")
    return book


def _named(book: Any) -> list[str]:
    """The names of the sheets that have cells; those of a chart alone have none."""
    return [str(sheet.title) for sheet in book.worksheets]


def _sheets(path: Path) -> list[str]:
    book = _book(path)
    book.close()
    return _named(book)


def _xlsx(path: Path, sheet: str | None) -> Iterator[Line]:
    book = _book(path)
    names = _named(book)
    if sheet and sheet not in names:
        raise FeedError(
            f"{path.name}: sheet {sheet!r} is missing; found {names}",
            f"{path.name}：没有工作表“{sheet}”，有：{'、'.join(names)}",
        )
    empty = True
    for number, line in enumerate(_rows(book[sheet] if sheet else book.worksheets[0], path), start=1):
        if any(value is not None for value in line):
            empty = False
            yield number, [_as_kept(value) for value in line]
    book.close()
    if empty:
        raise FeedError(
            f"{path.name}: sheet {sheet or names[0]!r} is empty; the file has {names}: "
            "name one as [options] sheet in a profile",
            f"{path.name}：工作表“{sheet or names[0]}”是空的；文件里有：{'、'.join(names)}",
        )


def _rows(sheet: Any, path: Path) -> Iterator[tuple[Any, ...]]:
    """The rows of a sheet, which are unpacked and parsed only now."""
    lines = sheet.iter_rows(values_only=True)
    while True:
        try:
            line = next(lines)
        except StopIteration:
            return
        except Exception as error:  # as in _book
            raise FeedError(
                f"{path.name}: sheet {sheet.title!r} cannot be read to its end ({error})",
                f"{path.name}：工作表“{sheet.title}”读到一半出错，文件可能已损坏",
            ) from error
        yield line


def _as_kept(value: Any) -> Any:
    """A spreadsheet keeps every number as a float, whatever digits its file shows."""
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) >= EXACT:
        return Rounded(f"{value:.0f}" if isinstance(value, float) else str(value))
    return value


def _layer(path: Path, wanted: str | None) -> tuple[str, list[str]]:
    """The layer to read, and those that are left aside. Several with shapes are a question only the sender can answer."""
    shaped, plain = spatial.layers_of(path)
    names = [*shaped, *plain]
    if wanted and wanted not in names:
        raise FeedError(
            f"{path.name}: layer {wanted!r} is missing; found {names}",
            f"{path.name}：没有图层“{wanted}”；文件里有：{'、'.join(names) or '无'}",
        )
    choices = [wanted] if wanted else shaped or plain
    if len(choices) != 1:
        raise FeedError(
            f"{path.name}: holds {f'the layers {choices}' if choices else 'no layer'}; wanted one: "
            "name it as [options] layer in a profile",
            f"{path.name}：含 {len(choices)} 个图层（{'、'.join(choices)}），请选定一个",
        )
    return choices[0], [name for name in names if name != choices[0]]


def _header(lines: Iterator[Line], path: Path) -> list[str]:
    try:
        number, first = next(lines)
    except StopIteration:
        raise FeedError(f"{path.name}: no line with column names", f"{path.name}：没有列名行") from None
    if isinstance(first, Misshapen):
        raise FeedError(
            f"{path.name}: line {first.row} should name the columns; found {first.found}",
            f"{path.name}：第{first.row}行应为列名，实际是：{first.found}",
        )
    header = [text(name) or "" for name in first]
    while header and not header[-1]:
        header.pop()
    _require_no_title(header, number, path)
    twice = {name for name in header if header.count(name) > 1}
    if twice or not header:
        raise FeedError(
            f"{path.name}: column names appear twice or are missing: {sorted(twice) or header}",
            f"{path.name}：列名重复或缺失：{'、'.join(sorted(twice)) or '（无）'}；第一行应写列名",
        )
    return header


def _require_no_title(header: list[str], number: int, path: Path) -> None:
    """A heading over the table, or merged cells over groups of columns, would make every row below it wrong."""
    blank = [
        at for at, name in enumerate(header, start=1) if not name and at > 1
    ]  # numbers of rows often stand first, unnamed
    if len(header) == 1:
        raise FeedError(
            f"{path.name}: row {number} holds one value only ({header[0][:30]!r}), no feed has one column; wanted the names of the "
            "columns in the first row: delete the title above them",
            f"{path.name}：第{number}行只有一个值（“{header[0][:30]}”），像是标题；第一行应写列名，请删去列名以上的标题行",
        )
    if blank:
        raise FeedError(
            f"{path.name}: row {number}, column {blank[0]} has no name; wanted a name for each column in one row: undo merged cells",
            f"{path.name}：第{number}行第{blank[0]}列没有列名；每列都应在同一行写列名，请取消合并单元格，只留一行列名",
        )


def _table(lines: Iterator[Line], path: Path, exact: Sequence[str]) -> Iterator[Chunk]:
    """Chunks of a file whose first line names the columns; watermarks of an export are passed over."""
    lines = (one for one in lines if not _is_watermark(one[1]))
    header = _header(lines, path)
    asked = first_of(exact, header)
    at = header.index(asked) if asked else -1
    columns = ["_row", *map(own_name, header)]
    padded = path.suffix.lower() != ".csv"  # a spreadsheet does not keep the blank end of a row
    rows: list[list[Any]] = []
    misshapen: list[Misshapen] = []
    echo: list[str] = []
    numbers = dict.fromkeys(header, 0)
    for number, line in lines:
        if isinstance(line, Misshapen):
            misshapen.append(line)
            continue
        values = _fitted(line, len(header), padded)
        if values is None:
            misshapen.append(_wrong_width(number, line, len(header), at))
            continue
        rows.append([number, *(text(unguarded(v)) for v in values)])
        if padded:
            for name, value in zip(header, values, strict=True):
                numbers[name] += isinstance(value, int | float)
        if asked:
            echo.append(verbatim(values[at]))
        if len(rows) >= CHUNK:
            yield Chunk(pd.DataFrame(rows, columns=columns, dtype=object), misshapen, echo, numbers)
            rows, misshapen, echo, numbers = [], [], [], dict.fromkeys(header, 0)
    yield Chunk(pd.DataFrame(rows, columns=columns, dtype=object), misshapen, echo, numbers)


def _is_watermark(line: list[Any] | Misshapen) -> bool:
    return not isinstance(line, Misshapen) and line[:1] == [WATERMARK]


def _fitted(line: list[Any], width: int, padded: bool) -> list[Any] | None:
    """The line at the width of the header, None where it does not fit; blanks beyond the header do not matter."""
    if len(line) == width:
        return line
    if len(line) < width:
        return line + [None] * (width - len(line)) if padded else None
    return line[:width] if all(text(value) is None for value in line[width:]) else None


def _wrong_width(number: int, line: list[Any], width: int, at: int) -> Misshapen:
    return Misshapen(
        number,
        f"{len(line)} values",
        f"{width} values",
        f"有{len(line)}个值，应有{width}个值",
        verbatim(line[at]) if 0 <= at < len(line) else "",
    )


def _jsonl(path: Path, exact: Sequence[str]) -> Iterator[Chunk]:
    """A column is one that any line of the file has; a line without it has no value there."""
    encoding = encoding_of(path)
    names = dict.fromkeys(name for _, record in _records(path, encoding) if isinstance(record, dict) for name in record)
    columns, asked = ["_row", *map(own_name, names)], first_of(exact, list(names))
    rows: list[list[Any]] = []
    misshapen: list[Misshapen] = []
    echo: list[str] = []
    for number, record in _records(path, encoding):
        if isinstance(record, Misshapen):
            misshapen.append(record)
            continue
        rows.append([number, *(text(record.get(name)) for name in names)])
        if asked:
            echo.append(verbatim(record.get(asked)))
        if len(rows) >= CHUNK:
            yield Chunk(pd.DataFrame(rows, columns=columns, dtype=object), misshapen, echo)
            rows, misshapen, echo = [], [], []
    yield Chunk(pd.DataFrame(rows, columns=columns, dtype=object), misshapen, echo)


def _records(path: Path, encoding: str) -> Iterator[tuple[int, dict[str, Any] | Misshapen]]:
    with path.open(encoding=encoding) as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                yield number, _record(number, line)


def _record(number: int, line: str) -> dict[str, Any] | Misshapen:
    """One line as a record; of a broken one only its length and the place of the break are told: it may name a person."""
    try:
        record = json.loads(line, parse_int=str, parse_float=str, parse_constant=str)
        if "\\u" in line:
            json.dumps(record, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        length, place = len(line.rstrip("\n")), error.pos + 1
        found = f"{length} characters that are no JSON, broken at character {place}"
        return Misshapen(number, found, "one JSON object a line", f"该行{length}个字符不是JSON，第{place}个字符处出错")
    except RecursionError:
        return Misshapen(number, "JSON nested too deep", "one JSON object a line", "JSON嵌套过深")
    except UnicodeEncodeError:
        return Misshapen(number, "text that is not Unicode", "Unicode text", "文字不是有效的Unicode")
    if not isinstance(record, dict):
        found = "a list" if isinstance(record, list) else "text" if isinstance(record, str) else "a single value"
        return Misshapen(number, found, "one JSON object a line", "该行不是JSON对象")
    return record


def choices(path: Path) -> list[str]:
    """Return the names of the sheets of an XLSX or the layers of a GeoPackage, in their order; none of other files."""
    suffix = _format(path)
    if suffix == ".gpkg":
        return [name for names in spatial.layers_of(path) for name in names]
    if suffix != ".xlsx":
        return []
    return _sheets(path)
