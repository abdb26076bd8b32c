"""The lies themselves: a better number, a better status, rows that never were, another author."""

from __future__ import annotations

import csv
import hashlib
import io
from decimal import Decimal
from typing import Any, NamedTuple

from affidavit.bundle import canonical, layout
from affidavit.commit_record import COMMIT_JSON, PACK
from affidavit.forgeries.contents import Contents

_ROWS_MORE = 10
_SOUGHT = "performance/evaluation/roc_auc"
_SOMEBODY = "Somebody Else"


class Edit(NamedTuple):
    """Contents with one lie in them, nothing else repaired; and the lie in words."""

    contents: Contents
    lie: str


def better_number(contents: Contents) -> Edit | None:
    """One number on the card made better; None where the card has none to better."""
    if layout.CARD_JSON not in contents.files:
        return None
    card = contents.record(layout.CARD_JSON)
    shown = [n for n in card["numbers"] if _can_be_better(n)]
    if not shown:
        return None
    number = min(shown, key=lambda n: (n["id"] != _SOUGHT, n["id"]))
    lie = f"writes {_metric(number)} {_better(number)} on the card"
    return Edit(contents.with_files({layout.CARD_JSON: canonical.dumps(card)}), lie)


def better_rate(contents: Contents) -> Edit | None:
    """A rate made better in its report and on the card alike; None where no rate is counted."""
    for path in contents.below(f"{layout.REPORTS}/"):
        if not _is_record(path, layout.REPORTS):
            continue
        report = contents.record(path)
        rates = [
            n for n in report.get("numbers", ()) if n["from"] == "counts" and _can_be_better(n)
        ]
        if rates:
            rate = rates[0]
            lie = f"writes {_metric(rate)} {_better(rate)} in report and card"
            changed = {path: canonical.dumps(report)} | _card_saying(contents, rate)
            return Edit(contents.with_files(changed), lie)
    return None


def better_status(contents: Contents) -> Edit | None:
    """One control said to be evidenced that is not; None where the bundle has none such."""
    for path in contents.below(f"{layout.CONTROLS}/"):
        if _is_record(path, layout.CONTROLS):
            record = contents.record(path)
            for one in record["assessments"]:
                if one["status"] in ("exception", "missing", "needs-attestation"):
                    lie = f"writes control {one['control']} as evidenced, not {one['status']}"
                    one["status"] = "evidenced"
                    return Edit(contents.with_files({path: canonical.dumps(record)}), lie)
    return None


def more_rows(contents: Contents) -> Edit | None:
    """Ten rows more in one count; None where nothing was counted."""
    for path in contents.below(f"{layout.COUNTS}/"):
        rows = list(csv.reader(io.StringIO(contents.files[path].decode())))
        if len(rows) > 1 and rows[0][-3:] == ["n", "sum_w", "sum_w2"]:
            n = rows[1][-3]
            rows[1][-3:] = [str(Decimal(v) + _ROWS_MORE) for v in rows[1][-3:]]
            lie = f"counts {rows[1][-3]} rows for {n} in {path.rpartition('/')[2]}"
            return Edit(contents.with_files({path: _as_csv(rows)}), lie)
    return None


def other_data(contents: Contents) -> Edit | None:
    """One digit of tracked data, and its digest wherever that stands; None without such data."""
    if PACK not in contents.files:
        return None
    evidence = contents.record(layout.EVIDENCE)
    facts: dict[str, Any] = {f["id"]: f for f in evidence["provenance"]}
    for item in evidence["items"]:
        fact = facts.get(f"data.{item.get('role')}.snapshot", {})
        if item["kind"] != "dataset" or not item["embedded"] or not _is_tracked_file(fact):
            continue
        content = contents.files[item["path"]]
        changed = _other_digit(content)
        if changed is None or _md5(content) != fact["digest"]["value"]:
            continue
        old, new = (_md5(c).encode() for c in (content, changed))
        edited = {item["path"]: changed,
                  layout.EVIDENCE: contents.files[layout.EVIDENCE].replace(old, new)}  # fmt: skip
        lie = f"changes a digit of the {item['role']} data, and what DVC is said to track"
        return Edit(contents.with_files(edited), lie)
    return None


def other_author(contents: Contents) -> Edit | None:
    """Another author of the commit, in every record that names one; None without the commit."""
    if PACK not in contents.files or COMMIT_JSON not in contents.files:
        return None
    commit, evidence = contents.record(COMMIT_JSON), contents.record(layout.EVIDENCE)
    before, commit["author"]["name"] = commit["author"]["name"], _SOMEBODY
    for fact in evidence["provenance"]:
        if fact["id"] == "code.author":
            fact["value"] = f"{_SOMEBODY} <{commit['author']['email']}>"
    edited = {COMMIT_JSON: canonical.dumps(commit), layout.EVIDENCE: canonical.dumps(evidence)}
    lie = f"names {_SOMEBODY} for {before} as the author of the commit"
    return Edit(contents.with_files(edited), lie)


def _is_tracked_file(fact: Any) -> bool:
    digest = fact.get("digest") or {}
    is_file = digest.get("algorithm") == "md5" and not digest["value"].endswith(".dir")
    return is_file and fact["basis"] == "measured"


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def _other_digit(content: bytes) -> bytes | None:
    """The last digit made another."""
    for at in range(len(content) - 1, -1, -1):
        if content[at : at + 1].isdigit():
            other = b"1" if content[at : at + 1] != b"1" else b"2"
            return content[:at] + other + content[at + 1 :]
    return None


def _is_record(path: str, folder: str) -> bool:
    return path.endswith(".json") and path.rpartition("/")[0] == folder


def _can_be_better(number: dict[str, Any]) -> bool:
    return isinstance(number["value"], float) and 0 < number["value"] < 1


def _better(number: dict[str, Any]) -> str:
    """Half way from what it is to 1, in place; both values in words."""
    before = number["value"]
    number["value"] = round((1 + before) / 2, 3)
    return f"{number['value']:.3f} for {before:.3f}"


def _metric(number: dict[str, Any]) -> str:
    parts: list[str] = number["id"].split("/")
    return parts[2] if len(parts) > 2 else parts[-1]


def _card_saying(contents: Contents, rate: dict[str, Any]) -> dict[str, bytes]:
    if layout.CARD_JSON not in contents.files:
        return {}
    card = contents.record(layout.CARD_JSON)
    for shown in card["numbers"]:
        if shown["id"] == rate["id"] and shown["value"] is not None:
            shown["value"] = rate["value"]
    return {layout.CARD_JSON: canonical.dumps(card)}


def _as_csv(rows: list[list[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue().encode()
