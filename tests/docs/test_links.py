"""Every relative link of the documents leads to a file that is there, and to a heading of it."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(
    [
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / n for n in ("README.md", "CONTRIBUTING.md", "SECURITY.md")),
    ]
)
LINK = re.compile(r"\]\(\s*<?([^()<>\s]+)>?(?:\s+\"[^\"]*\")?\s*\)")


def prose(text: str) -> str:
    """The text without code, in which nothing is a link or a heading."""
    text = re.sub(r"^(```+|~~~+).*?^\1\s*$", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"(`+)(?!`).+?(?<!`)\1(?!`)", lambda m: "x" if "](" in m[0] else m[0], text)


def anchors(path: Path) -> set[str]:
    """The anchors of a document's headings, as GitHub makes them."""
    found: set[str] = set()
    for heading in re.findall(r"^#{1,6} +(.+?) *#*$", prose(path.read_text("utf-8")), re.MULTILINE):
        slug = re.sub(r"[^\w\- ]", "", re.sub(r"\]\(.*?\)", "]", heading).lower()).replace(" ", "-")
        more = (f"{slug}-{n}" for n in range(1, 99))
        found.add(slug if slug not in found else next(s for s in more if s not in found))
    return found


def broken(document: Path, root: Path) -> list[str]:
    """The links of a document that lead nowhere, or out of the project."""
    faults = []
    for link in LINK.findall(prose(document.read_text("utf-8"))):
        if re.match(r"[a-z][a-z0-9+.-]*:", link):
            continue
        name, _, anchor = unquote(link).partition("#")
        target = (document.parent / name).resolve() if name else document
        is_missing = not target.exists() or not target.is_relative_to(root)
        if is_missing or (anchor and (target.suffix != ".md" or anchor not in anchors(target))):
            faults.append(link)
    return faults


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda d: d.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(document: Path) -> None:
    assert broken(document, ROOT) == []


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        (
            "[a](b.md) [c](b.md#two-words) ![d](sub/) <a> [e](https://x.example/no.md) [f](#here)",
            [],
        ),
        ("[a](c.md)", ["c.md"]),
        ("[a](b.md#three)", ["b.md#three"]),
        ("![a](sub/card.png)", ["sub/card.png"]),
        ("[a](../outside.md)", ["../outside.md"]),
        ("[a](#there)", ["#there"]),
        ("`[a](c.md)`\n\n```\n[a](c.md)\n```\n", []),
    ],
)
def test_a_broken_link_is_found_and_a_good_one_is_not(
    tmp_path: Path, text: str, faults: list[str]
) -> None:
    root = tmp_path / "project"
    (root / "sub").mkdir(parents=True)
    (tmp_path / "outside.md").write_text("# Outside\n")
    (root / "b.md").write_text("# Two `words`\n")
    (root / "a.md").write_text(f"# Here\n\n{text}\n")

    assert broken(root / "a.md", root) == faults
