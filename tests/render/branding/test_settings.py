"""brand.toml, brand.css and the logo: what is taken, and what is refused with its line."""

from __future__ import annotations

import hashlib
import re
import struct
import subprocess
from pathlib import Path

import pytest
from tests.support.looks import LOGO, brand, card, looks

from affidavit.errors import ConfigError
from affidavit.render.branding.colours import BACKGROUNDS, contrast, require_contrast
from affidavit.render.branding.folder import digest_of, read_brand
from affidavit.render.branding.logo import require_safe_logo
from affidavit.render.branding.styles import checked_styles
from affidavit.render.documents import html

PNG = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII5B", 13, b"IHDR", 40, 24, 8, 2, 0, 0, 0) + b"\0" * 4


def test_name_logo_and_colours_stand_on_the_card(tmp_path: Path) -> None:
    toml = 'version = 1\nname = "B & C"\nlogo = "logo.svg"\n[light]\naccent = "#0b5d4e"\n'
    text = html(card(), "screen", brand=brand(tmp_path, toml=toml, svg=LOGO))

    assert "<span><bdi>B &amp; C</bdi></span>" in text
    assert '<img alt="" src="data:image/svg+xml;base64,' in text
    assert ":root{--accent:#0b5d4e;--brand:#0b5d4e}" in text
    assert "What follows is laid out by" not in text  # no template of theirs


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)  # WebAIM's example
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.005)


def test_the_backgrounds_are_those_of_the_shipped_sheets() -> None:
    sheets = {"light": "card.css", "dark": "screen.css"}
    for scheme, sheet in sheets.items():
        css = Path("templates/card", sheet).read_text()
        found = re.findall(r"--(?:paper|wash):(#[0-9a-f]+)", css)
        full = tuple(c if len(c) == 7 else "#" + "".join(2 * x for x in c[1:]) for c in found)
        assert full == BACKGROUNDS[scheme]


@pytest.mark.parametrize(
    ("scheme", "good", "bad", "said"),
    [
        ("light", "#6f6f6f", "#767676", r"#767676 on #f5f6f8 has a contrast of 4\.2\d to 1"),
        ("light", "#0b5d4e", "#ffcc00", r"\[light\] accent #ffcc00 on #ffffff"),
        ("dark", "#7fd6c0", "#0b5d4e", r"\[dark\] accent #0b5d4e on #15181c"),
        ("light", "#0b5d4e", "green", r"accent is 'green'"),
        ("light", "#0b5d4e", "#0b5d4e;}body{display:none", r"accent is '#0b5d4e;"),
    ],
)
def test_refuses_a_colour_that_cannot_be_read(scheme: str, good: str, bad: str, said: str) -> None:
    require_contrast(good, scheme, "brand.toml")

    with pytest.raises(ConfigError, match=said):
        require_contrast(bad, scheme, "brand.toml")


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ("version = 1\nnmae = 'x'\n", r"line 2: .*nmae"),
        ("version = 1\nname = \n", r"line 2"),
        ("version = 2\n", "version"),
        ("name = 'x'\n", "version"),
        (f"version = 1\nname = '{'x' * 81}'\n", "81 characters, at most 80"),
        ('version = 1\nname = "a\\u202eb"\n', "hides or reorders"),
        ("version = 1\nlogo = 'logo.svg'\n", "there is no such file"),
        ("version = 1\nlogo = '../../etc/passwd'\n", "there is no such file"),
    ],
)
def test_refuses_settings_with_their_line(tmp_path: Path, toml: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        brand(tmp_path, toml=toml)


def test_styles_are_written_anew() -> None:
    css = (
        "/* ours */\n.brand-note, .brand-box {\n  color: var(--accent);\n  padding: 4px  8px;\n}\n"
    )

    assert checked_styles(css, "brand.css") == (
        ".brand-note,.brand-box{color:var(--accent);padding:4px 8px}\n"
    )


@pytest.mark.parametrize(
    ("css", "said"),
    [
        ("\n.first{color:var(--ink)}", r"brand\.css:2: selector '\.first'"),
        (".brand-a .first{color:var(--ink)}", "selector"),
        ("*{color:var(--ink)}", "selector"),
        (".brand-a::before{color:var(--ink)}", "selector"),
        ("@import url(https://h/x.css);", r"brand\.css:1: '@import"),
        ("@media print{.brand-a{color:var(--ink)}}", "selector '@media print'|not a rule"),
        (".brand-a{\n\ndisplay:none}", r"brand\.css:3: property 'display'"),
        (".brand-a{visibility:hidden}", "property 'visibility'"),
        (".brand-a{opacity:0}", "property 'opacity'"),
        (".brand-a{position:absolute}", "property 'position'"),
        (".brand-a{clip-path:inset(50%)}", "property 'clip-path'"),
        (".brand-a{background:url(//h/x.png)}", "property 'background'"),
        (".brand-a{font-size:0}", "font-size: '0' is not allowed"),
        (".brand-a{font-size:0.01rem}", "is not allowed"),
        (".brand-a{color:#fff}", "color: '#fff' is not allowed"),
        (".brand-a{color:var(--paper)}", "is not allowed"),
        (".brand-a{margin-left:-999px}", "is not allowed"),
        (".brand-a{padding:9999px}", "is not allowed"),
        (".brand-a{color:var(--ink) !important}", "is not allowed"),
        (".brand-a{c\\6flor:red}", "is not allowed"),
        ("</style><script>x</script>", "not a rule"),
        (".brand-a{color:var(--ink)", "not a rule"),
    ],
)
def test_refuses_styles_that_could_hide_or_fetch(css: str, said: str) -> None:
    assert checked_styles(".brand-a{color:var(--ink)}", "brand.css")

    with pytest.raises(ConfigError, match=said):
        checked_styles(css, "brand.css")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("<path", "<script>alert(1)</script><path", r"logo\.svg:3: <script> is not allowed"),
        ("<path", '<image href="http://h/x.png"/><path', r"logo\.svg:3: <image>"),
        ("<path", '<use href="other.svg#a"/><path', r"<use> is not allowed"),
        ("<path", "<style>@import 'x'</style><path", r"<style> is not allowed"),
        ("<path", "<foreignObject/><path", r"<foreignObject> is not allowed"),
        ("<path", "<animate/><path", r"<animate> is not allowed"),
        ('rx="4"', 'onload="x()"', r"logo\.svg:2: <rect onload> is not allowed"),
        ('rx="4"', 'style="fill:url(http://h)"', r"<rect style> is not allowed"),
        ('fill="#0b5d4e"', 'fill="url(http://h/x.svg#a)"', r"<rect fill> is 'url\(http"),
        ('fill="#0b5d4e"', 'fill="url(other.svg#a)"', r"<rect fill> is 'url\(other"),
        ("<svg", '<!DOCTYPE svg [<!ENTITY a "b">]>\n<svg', r"<!DOCTYPE> is not allowed"),
        ("<svg", '<?xml-stylesheet href="x.css"?>\n<svg', r"<\?xml-stylesheet\?> is not"),
        ("</svg>", "", r"logo\.svg:5: not an SVG drawing"),
        ("http://www.w3.org/2000/svg", "http://www.w3.org/1999/xhtml", "not the namespace"),
    ],
)  # fmt: skip
def test_refuses_a_drawing_that_runs_or_fetches(old: str, new: str, said: str) -> None:
    require_safe_logo("logo.svg", LOGO.encode())
    assert old in LOGO

    with pytest.raises(ConfigError, match=said):
        require_safe_logo("logo.svg", LOGO.replace(old, new, 1).encode())


def test_refuses_a_picture_that_is_none_or_too_large() -> None:
    require_safe_logo("logo.png", PNG)

    with pytest.raises(ConfigError, match="not a PNG picture"):
        require_safe_logo("logo.png", LOGO.encode())
    with pytest.raises(ConfigError, match="100000 by 24 pixels, at most 4000 a side"):
        require_safe_logo("logo.png", PNG.replace(struct.pack(">I", 40), struct.pack(">I", 100000)))


def test_the_digest_is_that_of_stock_tools(tmp_path: Path) -> None:
    folder = looks(tmp_path, css=".brand-a{color:var(--ink)}", svg=LOGO,
                   toml='version = 1\nlogo = "logo.svg"\n')  # fmt: skip

    listed = subprocess.run(
        ["sha256sum", "brand.css", "brand.toml", "logo.svg"], cwd=folder, capture_output=True,
        check=True,
    ).stdout  # fmt: skip
    assert read_brand(folder).digest == hashlib.sha256(listed).hexdigest()
    (folder / "logo.svg").write_text(LOGO.replace("rx", "ry"))
    assert read_brand(folder).digest != hashlib.sha256(listed).hexdigest()
    assert digest_of({"a": b""}) != digest_of({"b": b""})
