"""What a file that should be text really is, by how it begins."""

from pathlib import Path

from layers._errors import FeedError

STARTS = (
    (b"%PDF-", "a PDF", "PDF文件"),
    (b"PK\x03\x04", "a ZIP archive or a workbook (XLSX)", "压缩包或XLSX表格"),
    (bytes.fromhex("d0cf11e0a1b11ae1"), "a document of old Office (XLS, DOC)", "旧版Office文件（XLS、DOC）"),
    (b"\x1f\x8b", "a GZIP archive", "GZIP压缩文件"),
    (b"Rar!", "a RAR archive", "RAR压缩包"),
    (b"SQLite format 3\0", "a database (GeoPackage)", "数据库文件（如GeoPackage）"),
    (b"\x89PNG", "a picture (PNG)", "PNG图片"),
    (b"\xff\xd8\xff", "a picture (JPEG)", "JPEG图片"),
    (b"<!DOCTYPE html", "a web page (HTML)", "网页（HTML）"),
    (b"<html", "a web page (HTML)", "网页（HTML）"),
)
WIDE = (b"\xff\xfe", b"\xfe\xff")  # how text begins that Excel saves as "Unicode text"


def require_text(path: Path, content: bytes) -> None:
    """Raise FeedError where the bytes of a file that is named as text begin as something else, or are UTF-16."""
    begins = content.lstrip()[:16].lower()
    for start, en, zh in STARTS:
        if begins.startswith(start.lower()):
            wanted = path.suffix[1:].upper()
            raise FeedError(
                f"{path.name}: is {en}, only named {path.suffix.lower()}; wanted {wanted}: save it as {wanted}",
                f"{path.name}：实际是{zh}，只是改了扩展名；应为{wanted}，请另存为{wanted}",
            )
    if content.startswith(WIDE) and b"\0" in content:
        raise FeedError(
            f"{path.name}: text in UTF-16; wanted UTF-8 or GB18030: save it as CSV UTF-8",
            f"{path.name}：文字编码是UTF-16（“Unicode文本”），应为UTF-8或GB18030（GBK），请另存为“CSV UTF-8”",
        )
