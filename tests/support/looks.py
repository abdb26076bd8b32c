"""A bank's folder of looks, and the sample's card by it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from tests.support.cards import full_sample
from tests.support.records import RecordBuilder

from affidavit.render.branding import Brand, read_brand
from affidavit.render.compose import compose, read_reports
from affidavit.render.context import Card
from affidavit.render.documents import Medium, html

TOML = 'version = 1\nname = "Example Bank"\n\n[light]\naccent = "#0b5d4e"\n'
EXTENDS = '{% extends "shipped/sections.html.jinja" %}\n'
LOGO = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 24">\n'
    '<rect width="40" height="24" rx="4" fill="#0b5d4e"/>\n'
    '<path d="M8 17l8-10 6 7 4-4 6 7z" fill="#ffffff"/>\n</svg>\n'
)


def looks(folder: Path, **files: str | bytes) -> Path:
    """A folder with brand.toml and more files, `sections` for sections.html.jinja."""
    named = {"toml": "brand.toml", "css": "brand.css", "sections": "sections.html.jinja",
             "macros": "macros.html.jinja", "svg": "logo.svg", "png": "logo.png"}  # fmt: skip
    place = folder / "looks"
    place.mkdir()
    for key, content in {"toml": TOML, **files}.items():
        data = content.encode() if isinstance(content, str) else content
        (place / named.get(key, key)).write_bytes(data)
    return place


def own_block(body: str, block: str = "check") -> str:
    """sections.html.jinja that adds to one block of the shipped one."""
    return f"{EXTENDS}{{% block {block} %}}\n{{{{ super() }}}}\n{body}\n{{% endblock %}}\n"


@cache
def card() -> Card:
    """The context of the sample that has every report."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        sample = full_sample(RecordBuilder(Path(folder)))
        return compose(
            sample.evidence, sample.evidence_id, standings=sample.standings,
            declarations=sample.declarations, config=sample.config,
            read=read_reports(sample.evidence, sample.work),
        )  # fmt: skip


def page(folder: Path, medium: Medium = "screen") -> str:
    """The card by the looks in a folder."""
    return html(card(), medium, brand=read_brand(folder))


def brand(folder: Path, **files: str | bytes) -> Brand:
    """The looks, read."""
    return read_brand(looks(folder, **files))
