"""The tokens of both themes: every text can be read on every ground that it stands on, and no other style sheet states a colour."""

import re
from pathlib import Path

import pytest

ASSETS = Path(__file__).resolve().parents[2] / "assets"
TOKENS, LIGHT = ((ASSETS / name).read_text("utf-8") for name in ("tokens.css", "tokens_light.css"))
LITERAL = re.compile(
    r"#[0-9a-fA-F]{3,8}\b|\b(?:rgba?|hsla?|oklch)\(|(?<![-\w])(?:white|black|red|green|blue|gray|grey|yellow|orange)(?=[\s;])"
)
TEXT = ("strong", "ink", "dim", "faint", "accent", "red", "amber", "teal", "blue", "violet")
GROUNDS = ("ground", "bar", "panel", "raised", "sunken", "map-ground")
WASHES = ("wash", "wash-strong", "hover", "chosen", "wash-red", "wash-amber", "wash-teal", "wash-violet", "hatch")
SIGNS = [("on-fill", name) for name in ("fill", "fill-hover", "danger", "danger-hover", "lost", "back")]
SIGNS += [("on-drill", "drill"), ("on-drill", "drill-stripe")]
MARKS = (
    "accent",
    "red",
    "amber",
    "teal",
    "violet",
    "bar-calm",
    "bar-blue",
    "bar-teal",
)  # edges, curves, bars: 3:1, WCAG 2.2, 1.4.11


def declared(block):
    return dict(re.findall(r"--([\w-]+):\s*([^;]+);", block))


def test_what_is_hidden_is_hidden_whatever_a_part_says_of_its_display():
    """A part with a display of its own used to stand empty on the map of a phone; one rule for all of them."""
    assert "[hidden] { display: none !important; }" in (ASSETS / "base.css").read_text("utf-8")
    others = [
        path.name
        for path in ASSETS.glob("*.css")
        if path.name != "base.css" and "[hidden] {" in path.read_text("utf-8")
    ]
    assert others == []


def themes():
    dark = declared(re.search(r":root \{(.+?)\n\}", TOKENS, re.S)[1])
    return {
        "dark": dark,
        "light": dark | declared(re.search(r':root\[data-theme="light"\], :root.door \{(.+?)\n\}', LIGHT, re.S)[1]),
    }


THEMES = themes()


def parts(value):
    """Red, green, blue and alpha (0..1) of a value."""
    if value.startswith("#"):
        return [int(value[at : at + 2], 16) for at in (1, 3, 5)] + [1.0]
    return [float(part) for part in re.findall(r"[\d.]+", value)]


def over(top, ground):
    *rgb, alpha = top
    return [alpha * a + (1 - alpha) * b for a, b in zip(rgb, ground, strict=False)] + [1.0]


def luminance(colour):
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in (part / 255 for part in colour[:3])]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, two):
    """Contrast as WCAG 2.2 defines it, 1 to 21."""
    low, high = sorted([luminance(one), luminance(two)])
    return (high + 0.05) / (low + 0.05)


def test_black_on_white_is_twenty_one_to_one():
    assert contrast(parts("#000000"), parts("#ffffff")) == pytest.approx(21)
    assert contrast(parts("#777777"), parts("#ffffff")) == pytest.approx(
        4.48, abs=0.01
    )  # the known grey that just fails


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("text", TEXT)
def test_every_text_can_be_read_on_every_ground(theme, ground, text):
    tokens = THEMES[theme]
    assert contrast(parts(tokens[text]), parts(tokens[ground])) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("wash", WASHES)
@pytest.mark.parametrize("text", ["strong", "ink", "dim", "accent"])
def test_text_can_be_read_where_a_wash_lies_over_a_panel(theme, wash, text):
    tokens = THEMES[theme]
    for ground in ("panel", "raised", "ground"):
        assert contrast(parts(tokens[text]), over(parts(tokens[wash]), parts(tokens[ground]))) >= 4.5, ground


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("text", "ground"), SIGNS)
def test_the_words_on_a_filled_sign_can_be_read(theme, text, ground):
    assert contrast(parts(THEMES[theme][text]), parts(THEMES[theme][ground])) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("mark", MARKS)
def test_marks_stand_out_of_the_panel(theme, mark):
    assert contrast(parts(THEMES[theme][mark]), parts(THEMES[theme]["panel"])) >= 3


def test_the_light_theme_changes_only_what_the_dark_one_has():
    assert set(THEMES["light"]) == set(THEMES["dark"])


@pytest.mark.parametrize("path", sorted(ASSETS.glob("*.css")), ids=lambda path: path.name)
def test_only_the_tokens_state_colours(path):
    if path.name in ("tokens.css", "tokens_light.css"):
        return
    rules = re.sub(r"/\*.*?\*/", "", path.read_text("utf-8"), flags=re.S)
    assert [line.strip() for line in rules.splitlines() if LITERAL.search(re.sub(r"var\([^)]*\)", "", line))] == []


@pytest.mark.parametrize("path", sorted(ASSETS.glob("*.css")), ids=lambda path: path.name)
def test_every_token_that_is_used_exists(path):
    rules = path.read_text("utf-8")
    used = set(re.findall(r"var\(--([a-z][\w-]*)", rules))
    data = {"colour", "light", "curve", "share", "icon"}  # written beside the element, or set in the same sheet
    assert used - set(THEMES["dark"]) - data - set(declared(rules)) == set()


def test_charts_name_only_tokens_that_exist():
    charts = "".join(path.read_text("utf-8") for path in (ASSETS.parent / "dashboard").glob("chart*.py"))
    assert set(re.findall(r'"var\(--([\w-]+)\)"', charts)) <= set(THEMES["dark"])
    assert re.findall(r'"(?:#[0-9a-f]{6}|rgba?\([^"]+\))"', charts) == []
