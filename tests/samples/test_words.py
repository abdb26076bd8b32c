"""What the mortgage sample calls its inputs, and the row that the examples explain."""

from __future__ import annotations

import csv
import re
from pathlib import Path

from affidavit.toml_reader import read_config, read_declarations

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "samples" / "credit-risk"
with (SAMPLE / "data" / "hmda_boston_aer.csv").open(encoding="utf-8") as file:
    ROWS = list(csv.DictReader(file))
LEFT_OUT = {"rownames", "deny", "insurance"}  # the id, the label, and what is known too late


def test_a_person_reads_no_column_name() -> None:
    config = read_config((SAMPLE / "affidavit.toml").read_bytes(), "affidavit.toml")

    assert config.explain is not None
    assert set(config.explain.words) == set(ROWS[0]) - LEFT_OUT
    assert config.label.unfavourable_means == "the application was denied"
    declared = (SAMPLE / "declarations.toml").read_bytes()
    assert read_declarations(declared, "declarations.toml").consequences


def test_the_examples_explain_a_row_that_the_sample_has() -> None:
    ids = {row["rownames"] for row in ROWS}

    for page in ("README.md", "docs/explain.md", "docs/cli.md"):
        text = (ROOT / page).read_text(encoding="utf-8")
        told = set(re.findall(r"affidavit explain [^`]*?--row[\s\\]+(\w+)", text)) - {"ID"}
        assert told, page
        assert told <= ids, page
