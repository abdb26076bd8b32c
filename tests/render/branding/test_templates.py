"""Foreign templates: what they may change, and everything that they are refused."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.cards import Page
from tests.support.looks import EXTENDS, brand, card, looks, own_block, page

from affidavit.errors import AffidavitError, ConfigError, UsageError
from affidavit.render.branding import foreign_sections, read_brand
from affidavit.render.branding.foreign_html import checked_html
from affidavit.render.branding.running import Limits
from affidavit.render.branding.template_process import environment
from affidavit.render.documents import html
from affidavit.render.standing import require_standing

SHIPPED = html(card(), "screen")
GOOD = '<section aria-labelledby="ours"><h2 id="ours">Contact</h2><p class="brand-note">Model risk, {{ bank }}</p></section>'


def test_a_bank_adds_a_section_of_its_own_and_page_one_stays(tmp_path: Path) -> None:
    text = page(looks(tmp_path, sections=own_block(GOOD), css=".brand-note{font-weight:600}"))

    seen, ours = Page(text), Page(SHIPPED)
    assert seen.sections["ours"].startswith("ContactModel risk, Example Bank\n")
    assert seen.sections["first"].startswith(ours.sections["first"])
    assert seen.numbers == ours.numbers
    assert "What follows is laid out by templates of Example Bank, digest " in seen.text
    apart = ("ours", "first", "check", "")
    assert {k: v for k, v in seen.sections.items() if k not in apart} == {
        k: v for k, v in ours.sections.items() if k not in apart
    }


def test_the_shipped_sections_come_out_of_the_sandbox_as_they_went_in(tmp_path: Path) -> None:
    theirs = page(looks(tmp_path, sections=EXTENDS), "paper")

    start = '<section class="keep" aria-labelledby="about">'
    ours = html(card(), "paper")
    pages = [Page(text[text.index(start) :]) for text in (theirs, ours)]
    assert pages[0].tags == pages[1].tags
    assert pages[0].text == pages[1].text


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("{{ card.title", r"sections\.html\.jinja:1: unexpected end of template"),
        ("\n\n{% if %}{% endif %}", r"sections\.html\.jinja:3: "),
        ("\n{{ card.title | safe }}", r"sections\.html\.jinja:2: the filter 'safe'"),
        ("{{ card.title | tojson }}", r"sections\.html\.jinja:1: the filter 'tojson'"),
        ("{% autoescape false %}{% endautoescape %}", r":1: escaping cannot be switched off"),
        ("{% include '../../etc/passwd' %}", r":1: no template '\.\./\.\./etc/passwd'"),
        ("{% include '/etc/passwd' %}", r":1: no template '/etc/passwd'"),
        ("{% include 'frame.html.jinja' %}", r":1: no template 'frame\.html\.jinja'"),
        ("{% include card.title %}", r":1: a template is loaded by a plain name"),
        ("{% import 'absent.html.jinja' as a %}", r":1: no template 'absent\.html\.jinja'"),
        ("{% extends ['a', 'b'] %}", r":1: a template is loaded by a plain name"),
        ("{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}", r"nested too deep"),
    ],
)
def test_refuses_a_template_before_it_runs(tmp_path: Path, source: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        read_brand(looks(tmp_path, sections=source))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("{{ card.__class__ }}", "SecurityError.*__class__"),
        ("{{ ''.__class__.__mro__ }}", "SecurityError.*__class__"),
        ("{{ '{0.__class__}'.format(card) }}", "SecurityError.*__class__"),
        ("{{ [card.title] | map('safe') | first }}", "No filter named 'safe'"),
        ("{{ m.value(card.key_numbers[0].quantity).translate({115: card.model}) }}",
         "SecurityError.*translate"),
        ("{{ cycler.__init__.__globals__ }}", "SecurityError.*__init__"),
        ("{{ lipsum() }}", "UndefinedError.*'lipsum' is undefined"),
        ("{{ open('/etc/passwd') }}", "UndefinedError.*'open' is undefined"),
        ("{{ card.no_such_thing }}", "UndefinedError.*no_such_thing"),
        ("{% for a in range(10000000) %}{% endfor %}", "OverflowError.*Range too big"),
        ("{% include 'sections.html.jinja' %}", "RecursionError"),
    ],
)  # fmt: skip
def test_the_sandbox_refuses_what_a_template_reaches_for(body: str, said: str) -> None:
    source = '{% import "macros.html.jinja" as m %}{{ m.value(card.key_numbers[0].quantity) }}'
    twin = environment({"sections.html.jinja": source}).get_template("sections.html.jinja")
    assert "data-number" in twin.render(card=card())

    template = environment({"sections.html.jinja": source + body})
    with pytest.raises(Exception, match=r".") as caught:
        template.get_template("sections.html.jinja").render(card=card())

    assert re.search(said, f"{type(caught.value).__name__}: {caught.value}")


def test_a_fault_while_it_runs_is_told_with_file_and_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"sections\.html\.jinja:4: SecurityError: .*__class__"):
        page(looks(tmp_path, sections=own_block("{{ card.__class__ }}")))


@pytest.mark.parametrize(
    ("body", "limits", "said"),
    [
        ("{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}",
         Limits(cpu_s=1), "did not end in time: at most 1 s of one processor"),
        ("<p>x</p>", Limits(wall_s=0.01), "did not end in time: .* 0.01 s in all"),
        ("{{ 'x' * 2000000000 }}", Limits(), "take too much: .* 1024 MB of memory"),
        ("{{ 'x' * 40000000 }}", Limits(), "take too much: at most 32 MB of HTML"),
    ],
)  # fmt: skip
def test_ends_a_template_that_would_not_end(
    tmp_path: Path, body: str, limits: Limits, said: str
) -> None:
    found = brand(tmp_path, sections=body)

    with pytest.raises(ConfigError, match=said):
        foreign_sections(found, {}, (), limits)


def test_what_ends_is_taken(tmp_path: Path) -> None:
    found = brand(tmp_path, sections="{% for a in range(999) %}{% endfor %}<p>{{ bank }}</p>")

    assert foreign_sections(found, {"bank": "B & C"}, ()) == "<p>B &amp; C</p>"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("<script>alert(1)</script>", r"sections\.html\.jinja:2: '<script' is not allowed"),
        ("<style>.first{display:none}</style>", r":2: '<style' is not allowed"),
        ('<p style="color:red">x</p>', r":2: 'style=' is not allowed"),
        ("<p hidden>x</p>", r"'hidden=' is not allowed"),
        ("<p onclick=x>y</p>", r":2: 'onclick=' is not allowed"),
        ('<img alt="" src="file:///etc/passwd">', r":2: 'file:///etc/passwd' is not allowed"),
        ('<img alt="" src="http://127.0.0.1:9/x.png">', r":2: 'http://127.0.0.1:9/x.png' is not"),
        ('<img alt="" src="//host/x.png">', r":2: '//host/x\.png' is not allowed"),
        ('<img alt="" src="data:image/svg+xml,<svg/>">', r"'data:image/svg\+xml,<svg/>' is not"),
        ('<a href="https://example.org">x</a>', r":2: 'https://example\.org' is not allowed"),
        ('<a href="javascript:alert(1)">x</a>', r":2: 'javascript:alert\(1\)' is not allowed"),
        ('<svg><image href="http://h/x"/></svg>', r":2: '<svg' is not allowed"),
        ('<link rel="stylesheet" href="x.css">', r":2: '<link' is not allowed"),
        ("<details><p>x</p></details>", r":2: '<details' is not allowed"),
        ('<p class="skip">x</p>', r"'skip' is not allowed"),
        ("</main><p>x</p>", r":2: '</main' is not allowed: closes"),
        ("<section><p>x</section>", r"'</section' is not allowed: closes inside <p>"),
        ("<section><p>x</p>", r"'<section' is not allowed: opened and never closed"),
        ("<!-- x -->", r":2: '<!-- x ' is not allowed"),
        ("<!doctype html>", r":2: '<!doctype html' is not allowed"),
        ("<?php x ?>", r":2: '<\?php x \?' is not allowed"),
        ("<drawing data-n=0></drawing>", r":2: '<drawing' is not allowed"),
        ('<table><tr><td colspan="1000000">x</td></tr></table>', r":2: 'colspan=.*up to 1000"),
        ('<table><col span="-1"></table>', r":2: 'span=.*up to 1000"),
        ('<ol start="9x"><li>x</li></ol>', r":2: 'start=.*up to 1000"),
        ("<p>\u202edecnedive</p>", r":2: '\\u202e' is not allowed: .*turns words round"),
        ('<p title="\u2066x">y</p>', r":2: '\\u2066' is not allowed"),
        ("<p>a\x1b[2J</p>", r":2: '\\x1b' is not allowed: .*acts"),
        ("<div>" * 65 + "</div>" * 65, r"'<div' is not allowed: inside more than 64 other"),
    ],
)  # fmt: skip
def test_refuses_markup_that_runs_fetches_or_hides(body: str, said: str) -> None:
    sources = {"sections.html.jinja": f"{GOOD}\n{body}"}
    assert checked_html(GOOD, (), sources) == GOOD

    with pytest.raises(ConfigError, match=said):
        checked_html(sources["sections.html.jinja"], (), sources)


def test_takes_what_spans_and_is_nested_as_far_as_a_page_goes() -> None:
    wide = '<table><tr><td colspan="1000">x</td></tr></table><ol start="3"><li>\u05d0</li></ol>'
    deep = "<div>" * 64 + "</div>" * 64

    assert checked_html(wide + deep, (), {}) == wide + deep


def test_what_is_no_markup_is_written_as_text() -> None:
    assert "<!--" not in checked_html("<p>x</p><!-- from here", (), {}).replace("&lt;!--", "")
    assert checked_html("a < b &amp; c &lt;b&gt;", (), {}) == "a &lt; b &amp; c &lt;b&gt;"


def test_a_figure_of_the_card_stands_as_it_was_drawn_and_no_other() -> None:
    drawing, image = '<svg viewBox="0 0 1 1"><path d="M0 0"/></svg>', "data:image/svg+xml;base64,QQ"
    text = f'<figure>{drawing}<img alt="a" src="{image}"></figure>'

    assert checked_html(text, (drawing, image), {}) == text
    with pytest.raises(ConfigError, match="'<svg' is not allowed"):
        checked_html(text.replace("M0 0", "M0 1"), (drawing, image), {})
    with pytest.raises(ConfigError, match="base64,QQ=' is not allowed"):
        checked_html(text.replace("QQ", "QQ="), (drawing, image), {})


@pytest.mark.parametrize(
    ("block", "said"),
    [("findings", "leaves out the finding"), ("provenance", "has a link to 'provenance'")],
)  # fmt: skip
def test_refuses_a_template_that_drops_the_gaps(tmp_path: Path, block: str, said: str) -> None:
    source = own_block("<p>All is well.</p>", block).replace("{{ super() }}", "")

    with pytest.raises(AffidavitError, match=said):
        page(looks(tmp_path, sections=source))


@pytest.mark.parametrize("how", ["hidden", 'style="display:none"', 'aria-hidden="true"'])
def test_refuses_a_page_on_which_page_one_cannot_be_seen(how: str) -> None:
    require_standing(card(), SHIPPED)

    hidden = SHIPPED.replace('<ul class="first"', f'<ul {how} class="first"')
    assert hidden != SHIPPED
    with pytest.raises(AffidavitError, match="leaves out a line of page one"):
        require_standing(card(), hidden)


def test_refuses_an_id_that_would_catch_a_link_of_page_one(tmp_path: Path) -> None:
    with pytest.raises(AffidavitError, match="has the id 'findings' twice"):
        page(looks(tmp_path, sections=own_block('<p id="findings">none</p>', "about")))


def test_a_name_cannot_write_markup_through_a_foreign_template() -> None:
    hostile = replace(card(), model="<b>m</b><script>x</script>")
    made = environment(
        {"sections.html.jinja": "<p>{{ card.model }}{{ card.model | together }}</p>"}
    )

    text = made.get_template("sections.html.jinja").render(card=hostile)

    shown = "&lt;b&gt;m&lt;/b&gt;&lt;script&gt;x&lt;/script&gt;"
    assert text == f"<p>{shown}{shown}</p>"
    assert checked_html(text, (), {}) == text


def test_page_one_cannot_be_replaced(tmp_path: Path) -> None:
    folder = looks(tmp_path, **{"frame.html.jinja": "x"})

    with pytest.raises(ConfigError, match=r"frame\.html\.jinja: page one .* cannot be replaced"):
        read_brand(folder)
    (folder / "frame.html.jinja").unlink()
    assert read_brand(folder).name == "Example Bank"


def test_own_macros_never_reach_page_one(tmp_path: Path) -> None:
    shipped = Path("templates/card/macros.html.jinja").read_text()
    macros = re.sub(
        r"(?s)(macro value\(q\) -%\}).*?(\{%- endmacro)", r"\1<b>0.99</b>\2", shipped, count=1
    )

    text = page(looks(tmp_path, macros=macros))

    first = Page(text).sections["first"]
    assert first.startswith(Page(SHIPPED).sections["first"])
    assert "0.99" in Page(text).sections["performance"]


@pytest.mark.parametrize(
    ("name", "content", "error", "said"),
    [
        ("notes.txt", "x", ConfigError, "not used"),
        ("Logo.SVG", "x", UsageError, "no name for a file of looks"),
        ("big.html.jinja", "x" * 300_000, UsageError, "larger than 256 kB"),
        ("bad.html.jinja", b"one\n\xff", ConfigError, r"bad\.html\.jinja:2: not UTF-8"),
    ],
)
def test_refuses_a_file_that_has_no_place_there(
    tmp_path: Path, name: str, content: str | bytes, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        read_brand(looks(tmp_path, **{name: content}))


def test_refuses_links_folders_and_too_many_files(tmp_path: Path) -> None:
    folder = looks(tmp_path)
    (folder / "x.html.jinja").symlink_to("/etc/passwd")
    with pytest.raises(UsageError, match="not a plain file"):
        read_brand(folder)
    (folder / "x.html.jinja").unlink()
    for k in range(32):
        (folder / f"a{k}.html.jinja").write_text("x")
    with pytest.raises(UsageError, match="33 files, at most 32"):
        read_brand(folder)
    with pytest.raises(UsageError, match="no such folder"):
        read_brand(tmp_path / "absent")
