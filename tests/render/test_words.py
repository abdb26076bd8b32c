"""Plain words: dates, sizes, and names that cannot hide."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st

from affidavit.evidence import Fact
from affidavit.render.metrics import NO_EVENT, wording
from affidavit.render.sections import fact_value
from affidavit.render.words import day, day_of, ended, listed, many, plain, portable, sentence, size


@given(st.text())
def test_plain_leaves_nothing_that_hides_reorders_or_acts(text: str) -> None:
    assert not {category(c) for c in plain(text)} & {"Cc", "Cf", "Cs", "Zl", "Zp"}


@given(st.text())
def test_plain_twice_is_plain_once(text: str) -> None:
    assert plain(plain(text)) == plain(text)


def test_plain_keeps_letters_of_every_script() -> None:
    assert plain("Zürich 信用 Ωμέγα") == "Zürich 信用 Ωμέγα"
    assert plain("a\u202eb\x1b[0m\nc") == "a\\u202eb\\x1b[0m c"


def test_days_are_in_utc() -> None:
    assert day(datetime(2026, 11, 12, 23, 30, tzinfo=timezone(timedelta(hours=-3)))) == (
        "13 November 2026"
    )
    assert day(datetime(2026, 1, 2, tzinfo=UTC)) == "2 January 2026"
    assert day_of("2026-04-17") == "17 April 2026"
    assert day_of("last spring") == "last spring"


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (999, "999 B"), (9_960, "10 kB"), (3600, "3.6 kB"), (210_500, "210 kB"),
     (999_600, "1.0 MB"), (2_170_000_000, "2.2 GB")],
)  # fmt: skip
def test_sizes_are_decimal(count: int, text: str) -> None:
    assert size(count).replace("\u2009", " ") == text


def test_counts_lists_and_sentences() -> None:
    assert [many(n, "file") for n in (0, 1, 2380)] == ["no files", "1 file", "2,380 files"]
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert sentence("no plan") == "No plan."
    assert sentence("roc_auc of x is low") == "roc_auc of x is low."
    assert ended("affidavit init models:/x/3") == "affidavit init models:/x/3."
    assert ended("retrain") == "retrain"
    assert portable("my role/é") == "my-role"


def test_a_fact_that_is_absent_is_never_a_no() -> None:
    dirty = Fact(id="code.dirty", kind="code", value=None, basis="claimed", source="run")

    assert fact_value(dirty) == "not known"
    assert fact_value(dirty.model_copy(update={"value": False})) == "no"
    assert fact_value(dirty.model_copy(update={"id": "code.tags"})) == "absent"


def test_a_metric_without_words_keeps_its_name() -> None:
    assert wording("my_metric", "deny = yes").title == "my metric"
    assert wording("false_positive_rate_ratio", "deny = no").title == (
        "False positive rate, deny = no: ratio"
    )
    assert wording("roc_auc_score", "deny = yes").title == "AUC"
    assert wording("prevalence", "{event}").title == "Labelled {event}"
    assert wording("precision", "{event}").title == "Precision, {event}"
    assert wording("precision", NO_EVENT).title == "Precision"
