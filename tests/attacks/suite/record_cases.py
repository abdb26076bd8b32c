"""Attacks by a signer who lies, or is careless: the right key, the records contradict themselves."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.attacks.suite.case import Attack, Attempt, World
from tests.support.forgeries import with_seal
from tests.support.payloads import sha256_of
from tests.support.raw_archives import ordered, read_entries

from affidavit.bundle import canonical, layout
from affidavit.bundle.manifest import render_manifest
from affidavit.bundle.statement import statement_bytes, statement_name

FAIRNESS = "data/reports/fairness.json"
ROWS = b'"n_rows":400'
Change = Callable[[Any], None]


def told(path: str, change: Change) -> Callable[[World], Path]:
    """A record changed; digests, manifests, card and seal are made to fit again."""
    return lambda w: w.good.replace_json(path, change, "resign")


def explained(change: Change, path: str = layout.DECISIONS) -> Callable[[World], Attempt]:
    """The same of a bundle with explanations, which is the twin."""

    def make(world: World) -> Attempt:
        good = world.explained
        bundle = good.replace_json(path, change, "resign")
        return Attempt(bundle=bundle, twin=good.path, options=("--key", str(good.public_key)))

    return make


def raw(new: bytes, path: str = FAIRNESS, old: bytes = ROWS) -> Callable[[World], Path]:
    """The bytes of a record changed, and sealed likewise."""
    return lambda w: w.good.replace(path, w.good.read(path).replace(old, new, 1), "resign")


def whole(path: str, content: bytes) -> Callable[[World], Path]:
    return lambda w: w.good.replace(path, content, "resign")


def sealed_wrongly(path: str, change: Change) -> Callable[[World], Path]:
    """A record changed, and only manifests and seal made to fit: the item table still disagrees."""

    def make(world: World) -> Path:
        files = dict(world.good.entries)
        value = json.loads(files[path])
        change(value)
        files[path] = canonical.dumps(value)
        evidence_id = sha256_of(files[layout.EVIDENCE])
        old = world.good.sealed.evidence_id.encode()
        for cites in (layout.BAG_INFO, layout.ITEMS, layout.CARD_JSON):
            files[cites] = files[cites].replace(old, evidence_id.encode())
        payload = [(n, c) for n, c in files.items() if n.startswith("data/")]
        size = f"{sum(len(c) for _, c in payload)}.{len(payload)}".encode()
        lines = files[layout.BAG_INFO].splitlines()
        files[layout.BAG_INFO] = b"\n".join([*lines[:-1], b"Payload-Oxum: " + size, b""])
        files[layout.MANIFEST] = render_manifest((n, sha256_of(c)) for n, c in payload)
        files[layout.TAG_MANIFEST] = render_manifest(
            (n, sha256_of(files[n])) for n in layout.TAGGED
        )
        entries = [(n, files[n]) for n, _ in world.good.entries]
        said = world.good.predicate() | {"evidence_id": evidence_id}
        return world.good.pack(with_seal(entries, world.signer, said))

    return make


def fact(fact_id: str, **changed: Any) -> Change:
    def change(evidence: Any) -> None:
        found = next(f for f in evidence["provenance"] if f["id"] == fact_id)
        for key, value in changed.items():
            found[key] = {**found[key], **value} if isinstance(value, dict) else value

    return change


def number(change: Change) -> Change:
    """The first number of the report changed."""
    return lambda report: change(next(n for n in report["numbers"] if n["from"] == "counts"))


def finding(**changed: Any) -> Change:
    return lambda evidence: evidence["findings"].append({
        "id": "x", "kind": "gap", "stage": "resolve", "what": "w", "expected": None,
        "found": None, "fix": "f", "items": [], **changed,
    })  # fmt: skip


def claims_recheck(*, is_there: bool, **better: Any) -> Callable[[World], Attempt]:
    """The card shows a recheck that nobody signed so; the twin shows what was signed.

    Args:
        is_there: the statement is in the bundle.
        better: what the card says otherwise than the statement.
    """

    def make(world: World) -> Attempt:
        evidence_id = world.good.sealed.evidence_id
        tally = {"equal": 409, "different": 3}
        said = {
            "schema": "affidavit/rechecked", "version": 1,
            "subject": {"name": "credit-risk", "version": "3"}, "evidence_id": evidence_id,
            "outcome": "DIFFERENT", "numbers": tally, "others": {"equal": 9},
            "machine": "Linux on x86_64", "isolation": "bubblewrap", "environment": "lock",
            "affidavit": "0.1.0", "made_on": "2026-11-01",
        }  # fmt: skip
        content = world.signer.sign(
            statement_bytes("recheck", layout.EVIDENCE, evidence_id, said)
        )  # fmt: skip
        honest = {
            "statement": sha256_of(content), "by": "release", "outcome": "DIFFERENT",
            "numbers": 412, "not_run": 0, "machine": "Linux on x86_64", "made_on": "2026-11-01",
        }  # fmt: skip
        name = statement_name("recheck", content)

        def shown(claim: dict[str, Any], *beside: tuple[str, bytes]) -> Path:
            path = told(_CARD, lambda c: c.update(rechecks=[claim]))(world)
            return world.good.pack(ordered([*read_entries(path)[1], *beside]))

        signed = ((name, content),) if is_there else ()
        twin = world.once("honest-recheck", lambda: shown(honest, (name, content)))
        return Attempt(bundle=shown(honest | better, *signed), twin=twin)

    return make


def _a(
    name: str, does: str, make: object, check: str = "record", says: str = "", *, code: int = 1
) -> Attack:
    assert callable(make)
    return Attack(id=f"record/{name}", does=does, make=make, check=check, says=says, exit_code=code)


_EVIDENCE, _ITEMS, _CARD = layout.EVIDENCE, layout.ITEMS, layout.CARD_JSON
_PREDICTIONS = "data/predictions/evaluation.csv"


def _first(part: str, change: Change) -> Change:
    """A part of the first decision that has one changed."""
    return lambda record: change(next(d[part] for d in record["decisions"] if d.get(part)))


def _swap(one: Any, other: Any) -> None:
    one["value"], other["value"] = other["value"], one["value"]


def _rescored(decision: Any, by: float) -> None:
    """Score, output and attributions moved together, so that only the row tells."""
    old, new = (math.log(s / (1 - s)) for s in (decision["score"], decision["score"] + by))
    decision.update(score=decision["score"] + by, output=new)
    decision["attributions"][1]["value"] += new - old


ATTACKS = (
    _a("key-twice", "A record has a key twice.", raw(ROWS + b',"n_rows":500')),
    _a("key-twice-escaped", "A record has a key twice, once spelled with an escape.",
       raw(ROWS + b',"n\\u005frows":500')),
    _a("nan", "A number is NaN.", raw(b'"n_rows":NaN')),
    _a("infinite", "A number is beyond every double.", raw(b'"n_rows":1e999')),
    _a("huge", "A number has 100,000 digits.", raw(b'"n_rows":' + b"9" * 100_000)),
    _a("float-of-whole", "A whole number is written as 400.0.", raw(b'"n_rows":400.0')),
    _a("exponent", "A whole number is written as 4e2.", raw(b'"n_rows":4e2')),
    _a("negative-zero", "A number is -0.", raw(b'"n_rows":-0')),
    _a("text-of-number", "A number is written as text.", raw(b'"n_rows":"400"')),
    _a("truth-of-number", "A number is `true`.", raw(b'"n_rows":true')),
    _a("deep", "A record is nested 5,000 deep.",
       raw(b'"n_rows":' + b"[" * 5000 + b"]" * 5000)),
    _a("deep-in-text", "Brackets in a text hide how deep a record is nested.",
       raw(b'"n_rows":"' + b"]" * 5000 + b'","z":' + b"[" * 5000)),
    _a("not-utf8", "A record is not UTF-8.", raw(b'"n_rows":"\xff"')),
    _a("surrogate", "A text holds half a surrogate pair.", raw(b'"n_rows":"\\ud800"')),
    _a("spaced", "A record is not in its one form.", raw(b'"n_rows": 400')),
    _a("bom", "A record begins with a byte order mark.", raw(b"\xef\xbb\xbf{", old=b"{")),
    _a("unknown-key", "A record has a field that nobody reads.", raw(ROWS + b',"z":1')),
    _a("two-values", "A second JSON value follows.", lambda w: w.good.replace(
        FAIRNESS, w.good.read(FAIRNESS) + b"{}", "resign")),
    _a("empty", "A record is empty.", whole(FAIRNESS, b"")),
    _a("list", "A record is a list.", whole(FAIRNESS, b"[]")),
    _a("newer", "A record says that it is of a later version, to be let off.",
       told(_EVIDENCE, lambda e: e.update(version=2)), code=4),
    _a("other-schema", "A record says that it is of another schema.",
       told(FAIRNESS, lambda r: r.update(schema="affidavit/other"))),
    _a("other-subject", "evidence.json is about another version.",
       told(_EVIDENCE, lambda e: e["subject"].update(version="4")), "folder-name"),
    _a("other-name", "evidence.json is about another model.",
       told(_EVIDENCE, lambda e: e["subject"].update(name="mortgage")), "folder-name"),
    _a("subject-escape", "The model's name would clear the screen.",
       told(_EVIDENCE, lambda e: e["subject"].update(name="credit-risk\x1b[2J\u202e")),
       "evidence-cited"),
    _a("model-digest", "The provenance states another digest of the model than its files have.",
       sealed_wrongly(_EVIDENCE, fact("model.artifact", digest={"value": "ef" * 32})),
       "provenance-digest"),
    _a("item-digest", "An item's digest is another than its file's.",
       sealed_wrongly(_EVIDENCE, lambda e: e["items"][0].update(sha256="ef" * 32)), "item-table"),
    _a("item-size", "An item's size is another than its file's.",
       sealed_wrongly(_EVIDENCE, lambda e: e["items"][0].update(size_bytes=1)), "item-table"),
    _a("item-of-nothing", "An item's file is not there.",
       sealed_wrongly(_EVIDENCE, lambda e: e["items"].append(
           {**e["items"][0], "path": "data/model/none.pkl"})), "item-table"),
    _a("item-twice", "An item stands twice, once with other facts.",
       sealed_wrongly(_EVIDENCE, lambda e: e["items"].append(
           {**e["items"][0], "sensitivity": "public"})), "item-table"),
    _a("no-item", "A listed file is no item.",
       lambda w: w.good.add("data/card/more.md", b"# More\n", "resign"), "item-table"),
    _a("dangling", "A finding names a file that no item is.",
       told(_EVIDENCE, finding(items=["data/no/such.json"])), "item-named"),
    _a("by-reference-elsewhere", "An item by reference has a path that leads out.",
       told(_EVIDENCE, lambda e: e["items"].append(
           {**e["items"][0], "path": "data/../../etc/passwd", "embedded": False})), "settings"),
    _a("fact-twice", "A fact stands twice.",
       told(_EVIDENCE, lambda e: e["provenance"].append(e["provenance"][0])), "settings"),
    _a("rate", "A rate does not follow from its counts.",
       told(FAIRNESS, number(lambda n: n.update(value=0.999))), "arithmetic"),
    _a("rate-as-score", "A rate is said to come from scores.",
       told(FAIRNESS, number(lambda n: n.update({"from": "scores", "value": 0.5}))), "arithmetic"),
    _a("rate-left-out", "An unfavourable rate is left out.",
       told(FAIRNESS, lambda r: r["numbers"].remove(
           [n for n in r["numbers"] if n["from"] == "counts"][-1])), "arithmetic"),
    _a("rate-last-digit", "A rate differs in its tenth digit.",
       told(FAIRNESS, number(lambda n: n.update(value=n["value"] * (1 + 1e-9)))), "arithmetic"),
    _a("favourable", "Favourable and unfavourable are turned round.",
       told(FAIRNESS, lambda r: r["counts"].update(favourable="yes")), "count-spec"),
    _a("prediction", "One decision in the predictions is turned.",
       lambda w: w.good.replace(_PREDICTIONS, _turned(w.good.read(_PREDICTIONS)), "resign"),
       "prediction-tally"),
    _a("prediction-twice", "A row of the predictions stands twice.",
       lambda w: w.good.replace(_PREDICTIONS, _doubled(w.good.read(_PREDICTIONS)), "resign"),
       "prediction-tally"),
    _a("card-number", "The card shows another number.",
       told(_CARD, lambda c: c["numbers"][0].update(value=0.987)), "card"),
    _a("card-subject", "The card is about another version.",
       told(_CARD, lambda c: c["subject"].update(version="4")), "card"),
    _a("card-evidence", "The card cites other evidence.",
       told(_CARD, lambda c: c.update(evidence_id="cd" * 32)), "evidence-cited"),
    _a("card-recheck-unsigned", "The card shows a recheck that is no statement in the bundle.",
       claims_recheck(is_there=False), "card", "no statement in the bundle"),
    _a("card-recheck-better", "The card says that a recheck came out equal, and it was signed as different.",
       claims_recheck(is_there=True, outcome="EQUAL"), "card", "another outcome"),
    _a("items-evidence", "items.json cites other evidence.",
       sealed_wrongly(_ITEMS, lambda i: i.update(evidence_id="cd" * 32)), "evidence-cited"),
    _a("threshold", "The configuration names another threshold than was used.",
       lambda w: w.good.replace(layout.CONFIG, w.good.read(layout.CONFIG).replace(
           b"threshold = 0.25", b"threshold = 0.75"), "resign"), "threshold-table"),
    _a("attribution", "An attribution of an explained decision is changed.",
       explained(_first("attributions", lambda a: a[0].update(value=9.9))), "attribution"),
    _a("attributions-moved", "What one feature did is put down to another; the sum stays.",
       explained(_first("attributions", lambda a: _swap(a[1], a[3]))), "reasons"),
    _a("reason-dropped", "A principal reason is left out of the list.",
       explained(_first("reasons", lambda r: r["reasons"].pop())), "reasons", "is left out"),
    _a("reason-protected", "A protected attribute moved the decision, and page one is not told.",
       explained(lambda e: e.update(findings=[]), layout.EVIDENCE), "reasons",
       "explain.protected-reason"),
    _a("counterfactual", "A counterfactual is listed that does not turn the decision.",
       explained(_first("counterfactuals", lambda c: c[0].update(score=0.26))), "counterfactual"),
    _a("explained-score", "An explained decision has another score than its row.",
       explained(lambda r: _rescored(r["decisions"][0], 0.01)), "explained-decision",
       "is not that of its row"),
    _a("difference-part", "A part of a difference between groups is made smaller.",
       explained(lambda r: r["decompositions"][1]["parts"][1].update(value=-0.01),
                 layout.EXPLAINABILITY), "decomposition"),
    _a("card-explained", "The card shows less importance of a feature than was computed.",
       explained(lambda c: c["explained"]["importance"][1].update(loss=0.001), _CARD), "card",
       "disagree on importance"),
    _a("explanation-left-out", "The configuration asks for an explanation, and it is taken out.",
       lambda w: Attempt(
           bundle=w.explained.drop(layout.EXPLAINABILITY, "resign"), twin=w.explained.path,
           options=("--key", str(w.explained.public_key))), "explanation"),
)  # fmt: skip


def _turned(content: bytes) -> bytes:
    lines = content.decode().splitlines(keepends=True)
    cells = lines[1].split(",")
    cells[3] = "no" if cells[3] == "yes" else "yes"
    return "".join([lines[0], ",".join(cells), *lines[2:]]).encode()


def _doubled(content: bytes) -> bytes:
    lines = content.splitlines(keepends=True)
    return b"".join([*lines[:2], lines[1], *lines[2:]])
