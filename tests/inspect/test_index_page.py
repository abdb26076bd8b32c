"""The inventory's page and table: all of it in one file, and nothing in a name does anything."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import re
from html.parser import HTMLParser

import pytest

from affidavit.inspect.index_csv import COLUMNS, table
from affidavit.inspect.index_page import page
from affidavit.inspect.index_record import (
    CHECKED,
    WITHOUT_KEY,
    Attested,
    Change,
    Index,
    Model,
    Problem,
    Version,
)

HOSTILE = '<script>document.title="owned"</script>"\'><img src=x onerror=alert(1)>&amp;\u202e'
ATTRIBUTES = {
    "a": {"class", "href"}, "meta": {"charset", "content", "http-equiv", "name"},
    "html": {"lang"}, "input": {"id", "type", "autocomplete", "spellcheck"}, "form": {"id", "hidden"},
    "option": {"value"}, "output": {"id", "for"}, "td": {"class", "data-day"}, "h2": {"id"},
    "th": {"class", "scope", "colspan"}, "div": {"class", "role", "tabindex", "aria-labelledby"},
    "table": {"class", "id", "aria-labelledby"}, "select": {"id"},
}  # fmt: skip


def version(number: str = "3", **facts: object) -> Version:
    given: dict[str, object] = {
        "bundle": f"{number}.evidence.zip", "looked": "seal-holds", "version": number,
        "created_at": None, "evidence_id": number * 64, "root": "b" * 64, "gaps": 1,
        "exceptions": 2, "owner": "Head of Cards", "tier": "2", "as_of": "2026-11-21",
        "sealed_at": "2026-11-21T14:02:59Z", "signed_by": "release", "fingerprint": "sha256:" + "c" * 64,
        "controls": {"missing": 4, "exception": 1},
    }  # fmt: skip
    return Version.model_validate(given | facts)


def index(
    *versions: Version, name: str = "scoring", trust: str | None = "trust.toml", **more: object
) -> Index:
    given = {
        "folder": "evidence", "checked": CHECKED if trust else WITHOUT_KEY, "trust": trust,
        "as_of": "2026-11-29", "bundles": len(versions),
        "models": (Model(name=name, versions=versions),) if versions else (),
    }  # fmt: skip
    return Index.model_validate(given | more)


HOSTILE_INDEX = index(
    version(
        "3", bundle=HOSTILE, owner=HOSTILE, tier=HOSTILE, signed_by=HOSTILE,
        same_evidence_as=(HOSTILE,), validated_by=(HOSTILE,), catalogs=(HOSTILE,), as_of=HOSTILE,
        attestations=(Attested(state="valid", by=HOSTILE, no_to=(HOSTILE,)),),
        change=Change(since=HOSTILE, since_bundle=HOSTILE, parts=(HOSTILE,), findings_new=0, findings_gone=0),
    ),
    name=HOSTILE, trust=HOSTILE, folder=HOSTILE,
    problems=(Problem(bundle=HOSTILE, kind="refuted", why=HOSTILE, expected=HOSTILE, found=HOSTILE, fix=HOSTILE, says=HOSTILE),),
)  # fmt: skip


class Reader(HTMLParser):
    """Elements with their attributes, and the text of the body that is no script."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.raw: dict[str, str] = {}
        self._in = ""
        self.feed(content)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._in = tag if tag in ("script", "style") else ""

    def handle_endtag(self, tag: str) -> None:
        self._in = ""

    def handle_data(self, data: str) -> None:
        if self._in:
            self.raw[self._in] = self.raw.get(self._in, "") + data
        elif data.strip():
            self.texts.append(data.strip())


def read(found: Index) -> Reader:
    return Reader(b"".join(page(found)).decode())


def test_markup_in_any_field_is_text_and_nothing_else() -> None:
    """The same elements and attributes as for plain names, and the names as they are."""
    plain = HOSTILE_INDEX.model_dump_json().replace(
        HOSTILE_INDEX.model_dump(mode="json")["folder"].replace("\\", "\\\\").replace('"', '\\"'),
        "plain",
    )
    tame, wild = read(Index.model_validate_json(plain)), read(HOSTILE_INDEX)

    assert "plain" in plain
    assert HOSTILE not in Index.model_validate_json(plain).folder
    kept = [(t, a) for t, a in wild.elements if t != "bdi"]
    assert kept == [(t, a) for t, a in tame.elements if t != "bdi"]
    assert "".join(wild.texts).count('<script>document.title="owned"</script>') >= 15
    assert "\u202e" not in "".join(wild.texts)


def test_only_known_attributes_and_no_address() -> None:
    """Nothing from a bundle stands in an attribute, nothing is fetched, no style or handler inline."""
    found = read(HOSTILE_INDEX)

    for tag, attributes in found.elements:
        assert set(attributes) <= ATTRIBUTES.get(tag, {"class", "id"}), (tag, attributes)
        assert not any("owned" in (value or "") for value in attributes.values())
    assert [a["href"] for t, a in found.elements if t == "a"] == ["#inventory"]
    whole = b"".join(page(HOSTILE_INDEX)).decode()
    assert not re.search(
        r"https?://|//[a-z]",
        re.sub(r"<script>.*?</script>|<style>.*?</style>", "", whole, flags=re.DOTALL),
    )
    assert not re.search(r"url\((?!\"data:)", found.raw["style"])
    assert not re.search(r"https?:|fetch|import|innerHTML|eval", found.raw["script"])


def test_the_policy_allows_its_own_style_and_script_alone() -> None:
    found = read(index(version()))

    (policy,) = (a["content"] for t, a in found.elements if a.get("http-equiv"))
    assert policy is not None
    assert policy.startswith("default-src 'none';")
    for kind in ("style", "script"):
        digest = base64.b64encode(hashlib.sha256(found.raw[kind].encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
        assert [t for t, _ in found.elements].count(kind) == 1


def test_stands_grouped_and_in_order_without_a_script() -> None:
    """What the script hides and moves is in the page, the form that needs it is hidden."""
    found = read(index(version("10"), version("9")))

    texts = found.texts
    assert texts.index("scoring") < texts.index("10") < texts.index("9")
    (form,) = (a for t, a in found.elements if t == "form")
    assert "hidden" in form
    assert not any("hidden" in a for t, a in found.elements if t in ("tr", "tbody"))


def test_says_what_was_checked_and_what_was_not() -> None:
    with_key, without = read(index(version())).texts, read(index(version(), trust=None)).texts

    assert CHECKED in with_key
    assert "Not verified" not in with_key
    assert WITHOUT_KEY in without
    assert "Not verified" in without


def test_counts_statuses_with_words_and_makes_no_score() -> None:
    text = " ".join(read(index(version())).texts)

    assert "1 exception 4 missing" in text
    assert "%" not in text
    assert not re.search(r"compliant|satisfied|passed|certified", text)


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({}, "no version validated by a key that you trust"),
        ({"validated_by": ("Vera",)}, "no earlier version validated by a key that you trust"),
        ({"change": Change(since="2", since_bundle="2", parts=("model", "data (evaluation)"), findings_new=1, findings_gone=2)},
         "since version 2: model, data (evaluation); 1 finding new, 2 gone"),
        ({"change": Change(since="2", since_bundle="2", parts=(), findings_new=0, findings_gone=1)},
         "since version 2: same provenance and configuration; 1 finding gone"),
    ],
)  # fmt: skip
def test_says_what_changed_or_why_it_cannot(facts: dict[str, object], said: str) -> None:
    assert said in read(index(version(**facts))).texts


def test_says_when_attestations_ended_and_when_the_next_ends() -> None:
    made = tuple(
        Attested(state=state, by="Vera", expires_on=day)
        for state, day in (("expired", "2026-01-01"), ("valid", "2028-01-01"), ("valid", None))
    )

    found = read(index(version(attestations=made, next_expiry="2028-01-01")))

    assert found.texts.count("ended 2026-01-01, ends 2028-01-01") == 1
    assert {"1 expired", "2 in force"} <= set(found.texts)
    assert [a["data-day"] for _, a in found.elements if "data-day" in a] == ["2026-01-01"]


def test_problems_stand_before_models_the_refuted_first() -> None:
    problems = (
        Problem(bundle="a.zip", kind="unreadable", why="no right to read it"),
        Problem(bundle="b.zip", kind="refuted", why="it was changed", says="scoring, version 3"),
    )  # fmt: skip

    texts = read(index(version(), problems=problems)).texts

    assert texts.index("b.zip") < texts.index("a.zip") < texts.index("scoring")
    assert "says it is about scoring, version 3" in " ".join(texts)


def test_two_renders_give_the_same_bytes() -> None:
    assert b"".join(page(HOSTILE_INDEX)) == b"".join(page(HOSTILE_INDEX))


# ---- the table


def rows(found: Index) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(b"".join(table(found)).decode())))


def test_the_table_has_a_row_for_each_bundle_and_says_what_was_checked() -> None:
    problems = (
        Problem(bundle="b.zip", kind="refuted", why="it was changed", expected="x", found="y"),
    )

    bad, newest, older = rows(index(version("10"), version("9"), problems=problems))

    first = COLUMNS[0]
    assert first == "checked: signature and evidence.json; other files not read"
    assert (bad[first], bad["bundle"], bad["model"]) == ("refuted", "b.zip", "")
    assert bad["reason"] == "it was changed; expected x; found y"
    assert (newest[first], newest["model"], newest["version"]) == ("seal-holds", "scoring", "10")
    assert (newest["newest"], older["newest"]) == ("yes", "no")
    assert (newest["controls_exception"], newest["controls_attested"]) == ("1", "0")
    assert newest["built_at"] == "2026-11-21T14:02:59Z"


def test_nothing_in_the_table_is_a_formula() -> None:
    found = index(
        version("3", owner="=HYPERLINK(1)", tier="@x", signed_by="-1+1", bundle="+a\nb"),
        name='=1,"2"',
    )

    (row,) = rows(found)

    assert [row[k] for k in ("model", "owner", "tier", "signed_by")] == [
        "'=1,\"2\"", "'=HYPERLINK(1)", "'@x", "'-1+1"
    ]  # fmt: skip
    assert row["bundle"] == "'+a\nb"
