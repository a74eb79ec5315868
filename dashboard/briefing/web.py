"""The briefing as one file for a browser without a network: all its text, its map, and the program that draws it.

Nothing in it can run but its two scripts, whose digests its policy names; it asks nobody for anything. The drawing program
(deck.gl) lies in it packed; where it cannot run, the same map is drawn as plain shapes, and without any script the text is whole.
"""

import base64
import gzip
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from threading import Event

from dashboard.briefing import paper
from dashboard.briefing.blocks import Figures, Note, Section, TableBlock
from dashboard.briefing.clock import stamp_of
from dashboard.briefing.content import Briefing
from dashboard.briefing.markup import Markup, data, joined, tag
from dashboard.briefing.page import CLOCKS, DRILL, OPEN, RAISED, titled
from dashboard.briefing.printing import Progress
from dashboard.briefing.web_blocks import anchor, figures, note, section
from dashboard.briefing.web_map import map_data, maps_of
from dashboard.files import whole
from dashboard.text import both, pick, say, texts
from dashboard.vendor import deckgl_bytes
from layers._errors import Cancelled

OFFLINE = Path(__file__).parent / "offline"
SCRIPTS = ("data.js", "plain.js", "gl.js", "marks.js", "main.js")
SPOKEN = "brief.web."
COLOURS = {
    "ink": paper.INK, "soft": paper.INK_SOFT, "faint": paper.INK_FAINT, "rule": paper.RULE, "panel": paper.PANEL, "white": paper.WHITE,
    "alarm": paper.ALARM, "have": paper.BAR["have"], **{name.replace("_", "-"): colour for name, colour in paper.GROUND.items()},
}  # fmt: skip


def write_html(briefing: Briefing, out: Path, progress: Progress | None = None, cancel: Event | None = None) -> None:
    """Write the briefing as one HTML file; equal briefings give equal bytes.

    Raises Cancelled, and leaves no file, when `cancel` was set before a chapter.
    """
    told, parts = progress or (lambda *_: None), []
    chapters = briefing.sections[1:]
    keys = maps_of(briefing)
    for at, one in enumerate(chapters):
        if cancel is not None and cancel.is_set():
            raise Cancelled(f"the page {briefing.code} was stopped before {one.title}; nothing was written")
        told(at, len(chapters), *both("brief.printing.page_2", at=at + 1, heading=one.title))
        parts.append(section(one, briefing.lang, keys))
    content = _document(briefing, joined(*parts))
    with whole(out) as unfinished:
        unfinished.write_bytes(content.encode())
    told(len(chapters), len(chapters), *both("brief.printing.done"))


def _document(b: Briefing, chapters: Markup) -> str:
    lang = {"zh": "zh-CN", "en": "en"}[b.lang]
    style = f":root{{{''.join(f'--{name}:{colour};' for name, colour in COLOURS.items())}}}\n{_file('page.css')}"
    script, (deck, packed) = "\n".join(map(_file, SCRIPTS)), _deck()
    has_map = bool(maps_of(b))
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="fangyi-code", content=b.code),
        tag("meta", http_equiv="Content-Security-Policy", content=_policy(style, script, deck)),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", f"{titled(b, b.lang)} · {b.code}"),
        tag("style", Markup(style)),
    )
    spoken = {key.removeprefix(SPOKEN): words for key, words in texts(b.lang).items() if key.startswith(SPOKEN)}
    maps = [_map(b), data("map", map_data(b)), tag("script", Markup(packed), type="application/octet-stream", id="deck")] if has_map else []  # fmt: skip
    scripts = [data("words", spoken), data("colours", COLOURS), tag("script", Markup(script))]
    body = tag("body", _head(b), tag("main", _cover(b), *maps[:1], chapters), _foot(b), *maps[1:], *scripts)
    return f"<!doctype html>\n{tag('html', head, body, lang=lang)}\n"


def _policy(style: str, script: str, deck: str) -> str:
    """Nothing is loaded, and of what stands in the file only our own style and scripts take effect."""
    scripts = " ".join(f"'sha256-{_digest(one)}'" for one in (script, deck))
    rules = ("default-src 'none'", f"script-src {scripts}", f"style-src 'sha256-{_digest(style)}'", "img-src data: blob:",
             "base-uri 'none'", "form-action 'none'")  # fmt: skip
    return "; ".join(rules)


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def _deck() -> tuple[str, str]:
    """The program as it will run, and gzipped in base64, as it lies in the file: a third of its size."""
    raw = deckgl_bytes()[0].decode().replace("//# sourceMappingURL=index.js.map", "")
    return raw, base64.b64encode(gzip.compress(raw.encode(), 9, mtime=0)).decode()


@cache
def _file(name: str) -> str:
    return (OFFLINE / name).read_text("utf-8")


def _marks(b: Briefing) -> Iterator[Markup]:
    if b.drill:
        yield tag("span", DRILL.said(b.lang), class_="stamp drill")
    yield tag("span", b.secrecy.said(b.lang), class_="stamp" if b.choice.secrecy == OPEN else "stamp red")


def _head(b: Briefing) -> Markup:
    clocks = [tag("span", pick(words, b.lang), " ", tag("b", stamp_of(at))) for words, at in zip(CLOCKS, (b.as_of, b.known_at), strict=True)]  # fmt: skip
    title = tag("div", tag("h1", titled(b, b.lang)), tag("p", titled(b, "en" if b.lang == "zh" else "zh")))
    return tag(
        "header",
        title,
        tag("div", *clocks, class_="clocks"),
        tag("div", *_marks(b)),
        class_="drill" if b.drill else None,
    )


def _cover(b: Briefing) -> Markup:
    cover: Section = b.sections[0]
    links = [tag("li", tag("a", one.title, href=f"#{anchor(one.key)}")) for one in b.sections[1:]]
    contents = cover.of(TableBlock)[0].title
    nav = tag("nav", tag("ol", *links), aria_label=contents)
    return tag("section", *map(note, cover.of(Note)), *map(figures, cover.of(Figures)), nav, id="cover")


def _map(b: Briefing) -> Markup:
    """The frame of the map; its script fills it, and says so where there is none."""

    def called(key: str) -> str:
        return say(f"brief.web.{key}", b.lang)

    choose = tag("label", tag("span", called("map")), tag("select", id="which"))
    focus = tag("label", tag("span", called("focus")), tag("select", id="focus"))
    buttons = [tag("button", sign, type="button", data_zoom=by, aria_label=called(key)) for sign, by, key in (("+", "1", "closer"), ("−", "-1", "wider"), ("⌂", "0", "whole"))]  # fmt: skip
    bar = tag("div", choose, focus, tag("span", *buttons, class_="zoom"), class_="bar")
    ground = tag(
        "div",
        tag("noscript", called("no_script")),
        id="canvas",
        tabindex=0,
        role="application",
        aria_label=called("map"),
    )
    legend = tag("div", tag("ul", id="legend"), tag("p", id="engine", class_="soft"), class_="legend")
    return tag("section", bar, tag("div", ground, legend, class_="map"), id="map-frame")


def _foot(b: Briefing) -> Markup:
    lines = [*b.notes, pick(RAISED, b.lang), say("brief.page.snapshot", b.lang, revision=b.snapshot.revision), say("brief.web.verify", b.lang, code=b.code)]  # fmt: skip
    return tag("footer", *(tag("p", one) for one in lines), tag("p", tag("b", b.code), " ", tag("code", b.path)))
