"""The page that says why there is no bundle: whole, offline, and of nobody's making but ours."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest

from affidavit.bundle.findings import Findings, findings_of
from affidavit.csp import source_hash
from affidavit.errors import Contradicted, Seen
from affidavit.render.findings_page import findings_page

HOSTILE = "<script>alert(1)</script>\x1b[2J\u202etxt"
ALTERED = ("the bytes are not those", "md5 aa", "md5 bb", "find out who\ndvc push")
DIRTY = ("code.dirty", "exception", "the tree was not clean", "clean", "dirty", "train again")
GAP = ("declarations", "gap", "no such file", "", "", "write one")


def findings(*contradictions: tuple[str, str, str, str], asked: str = "models:/m@champion",
             name: str = "m", besides: tuple[tuple[str, str, str, str, str, str], ...] | None = (),
             ) -> Findings:  # fmt: skip
    seen = None if besides is None else Seen(name, "3", besides)
    error = Contradicted("1", contradictions=contradictions or (ALTERED,), seen=seen)
    return findings_of(error, asked=asked, affidavit="1", day="2026-11-20")


def page(found: Findings, *statements: str) -> str:
    return findings_page(
        found, record=Path("x/why.json"), page=Path("x/why.html"),
        statements=tuple(map(Path, statements or ("x/why.json.sigstore.json",))),
    ).decode()  # fmt: skip


def shown(text: str) -> str:
    """What a reader sees, in one line."""
    body = re.sub(r"(?s)<style>.*?</style>", "", text)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def test_tells_what_was_asked_what_contradicts_and_what_to_do() -> None:
    told = shown(page(findings(ALTERED, ("two runs", "a", "", "ask"), besides=(GAP, DIRTY))))

    assert "asked for, on models:/m@champion, which was version 3 then. 2 contradictions" in told
    assert ("The bytes are not those. Expected md5 aa Found md5 bb What to do find out who dvc push"
            in told)  # fmt: skip
    assert "Two runs. Expected a Found nothing" in told
    assert told.index("The tree was not clean") < told.index("No such file")  # the worse first
    assert "The tree was not clean. Expected clean, found dirty. train again" in told
    assert "affidavit resolve models:/m@champion" in told
    assert "affidavit build models:/m@champion \\ --findings again.json" in told
    assert "2026-11-20" in told


def test_says_which_files_are_signed_and_how_that_is_checked() -> None:
    told = shown(page(findings(), "x/why.json.sigstore.json", "x/why.json.2.sigstore.json"))

    assert "this page, why.html, and why.json" in told
    assert "affidavit verify why.html \\ --proof why.json.sigstore.json --trust trust.toml" in told
    assert "--proof why.json.2.sigstore.json" in told
    assert "Nobody signed" not in told


def test_says_that_nobody_signed_it_where_nobody_does() -> None:
    found = findings()
    told = shown(
        findings_page(found, record=Path("a.json"), page=Path("a.html"), statements=()).decode()
    )

    assert "Nobody signed this page, a.html, or a.json" in told
    assert "affidavit verify" not in told


@pytest.mark.parametrize(
    ("besides", "words"),
    [(None, "ended before it had looked"), ((), "Nothing else was found"), ((GAP,), "These alone")],
)
def test_says_whether_anything_else_was_looked_for(
    besides: tuple[tuple[str, str, str, str, str, str], ...] | None, words: str
) -> None:
    assert words in shown(page(findings(besides=besides)))


def test_a_name_runs_nothing_and_cannot_turn_the_page_round() -> None:
    hostile = (HOSTILE,) * 4
    text = page(
        findings(hostile, asked=f"models:/{HOSTILE}/3", name=HOSTILE, besides=((HOSTILE, "gap", *hostile),)),
        f"{HOSTILE.replace('/', '')}.sigstore.json",
    )  # fmt: skip

    assert "<script" not in text
    assert not {"\x1b", "\u202e"} & set(text)
    assert shown(text).count("\\u202etxt") > 8
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]+)"', text)
    (styles,) = re.findall(r"(?s)<style>(.*?)</style>", text)
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{source_hash(styles)}'")
    assert re.findall(r"(?:https?|file):", text) == []


def test_the_same_findings_give_the_same_page() -> None:
    assert page(findings()) == page(findings())


def test_what_is_not_listed_is_counted() -> None:
    found = findings(*[ALTERED] * 1003)

    told = shown(page(found))

    assert (len(found.contradictions), found.left_out) == (1000, 3)
    assert "1,003 contradictions" in told
    assert "3 more are not listed" in told
