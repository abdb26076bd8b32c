"""Two bundles that differ in what a test says, each sealed and verified."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.support.bundles import BundleBuilder
from tests.support.forgeries import card_of
from tests.support.payloads import sha256_of
from tests.support.raw_archives import ordered

from affidavit.bundle import canonical, layout
from affidavit.evidence import Report

Files = dict[str, bytes | None]
METRICS, PERFORMANCE = "data/run/metrics.json", "data/reports/performance.json"
KINDS = {
    "run": "run", "source": "source", "environment": "environment", "dataset": "dataset",
    "predictions": "predictions", "model": "model",
}  # fmt: skip


def variant(
    builder: BundleBuilder,
    files: Files | None = None,
    change: Callable[[Any], None] | None = None,
) -> Path:
    """The builder's bundle with files replaced, added or (None) taken out, sealed anew.

    Args:
        builder: its bundle stays as it is.
        files: payload paths to their bytes; a new one gets an item of its folder's kind.
        change: alters evidence.json before digests are fitted.
    """
    entries = dict(builder.entries)
    evidence = json.loads(entries[layout.EVIDENCE])
    known = {i["path"] for i in evidence["items"]}
    for path, content in (files or {}).items():
        if content is None:
            evidence["items"] = [i for i in evidence["items"] if i["path"] != path]
            del entries[path]
            continue
        entries[path] = content
        if path not in known:
            evidence["items"].append(_item(path, content))
    if change is not None:
        change(evidence)
    if METRICS in (files or {}):
        entries[PERFORMANCE] = _with_log(entries[PERFORMANCE], entries[METRICS])
    entries[layout.EVIDENCE] = canonical.dumps(evidence)
    entries[layout.CARD_JSON] = card_of(entries)
    return builder.pack(builder.repaired(ordered(list(entries.items())), "resign"))


def _with_log(report: bytes, metrics: bytes) -> bytes:
    """The report with what was logged, of which no number has the name."""
    value = json.loads(report)
    value["logged"] = [
        {"key": m["key"], "value": m["value"], "dataset": m["dataset_name"],
         "verdict": "not-recomputable"}
        for m in json.loads(metrics)["metrics"]
    ]  # fmt: skip
    return canonical.record_bytes(Report.model_validate_json(json.dumps(value)))


def _item(path: str, content: bytes) -> dict[str, Any]:
    return {
        "path": path, "sha256": sha256_of(content), "size_bytes": len(content),
        "media_type": "application/octet-stream", "kind": KINDS[path.split("/")[1]],
        "origin": "collected", "sensitivity": "internal", "role": None, "original_name": None,
        "embedded": True, "location": None,
    }  # fmt: skip


def run_json(kind: str, content: Any) -> bytes:
    return canonical.dumps({"schema": f"affidavit/run-{kind}", "version": 1, kind: content})


def fact(fact_id: str, kind: str, value: Any) -> dict[str, Any]:
    return {
        "id": fact_id, "kind": kind, "value": value, "digest": None, "basis": "claimed",
        "source": "a test",
    }  # fmt: skip
