from __future__ import annotations

import pytest

from affidavit.bundle.names import (
    folder_name,
    portability_fault,
    require_portable_name,
    stored_name,
)
from affidavit.errors import EntryRefused, UsageError


@pytest.mark.parametrize(
    "name",
    ["data/a.txt", "data/Größe/x", "data/.hidden", "data/a b", "data/console.txt", "x" * 180,
     "data/com10", "data/a.con", "data/日本語"],
)  # fmt: skip
def test_takes_names_that_mean_the_same_everywhere(name: str) -> None:
    assert portability_fault(name) is None


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("", "N1"), ("/a", "N1"), ("a/", "N1"), ("a//b", "N1"), ("../a", "N1"), ("a/./b", "N1"),
        ("a\nb", "N2"), ("a\\b", "N2"), ("C:x", "N2"), ("a*", "N2"), ("a?", "N2"), ('a"', "N2"),
        ("a|b", "N2"), ("a<b", "N2"), ("a%41", "N2"), ("a\x00", "N2"), ("a\x7f", "N2"),
        ("a\u200bb", "N2"), ("a\u202eb", "N2"), ("a\x85b", "N2"), ("a\ufeff", "N2"),
        ("a\ud800", "N2"), ("a\U000e0041", "N2"),
        ("aux", "N3"), ("AUX.txt", "N3"), ("a/nul .tar.gz", "N3"), ("com1", "N3"), ("lpt²", "N3"),
        ("CONIN$", "N3"), ("a.", "N3"), ("a ", "N3"), (" a", "N3"), ("x" * 181, "N3"),
    ],
)  # fmt: skip
def test_names_the_rule_that_a_name_breaks(name: str, rule: str) -> None:
    fault = portability_fault(name)

    assert fault is not None
    assert fault.startswith(rule)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("data/a", "data/a"),
        ("data/a", "data/A"),
        ("data/straße", "data/STRASSE"),
        ("data/é", "data/e\u0301"),
        ("data/x", "data/x/y"),
        ("data/x/y", "data/x"),
        ("data/x/y", "data/X/z"),
        ("data/é/y", "data/e\u0301/z"),
        ("data/X/deep/y", "data/x/other/z"),
        ("data/x", "data/x\ufe0f"),
        ("data/\U000e0100x/y", "data/x/z"),
    ],
)
def test_refuses_two_names_for_one_place(first: str, second: str) -> None:
    seen: dict[str, str] = {}
    require_portable_name(first, seen)
    with pytest.raises(EntryRefused, match="N4"):
        require_portable_name(second, seen)


def test_takes_files_that_share_folders() -> None:
    seen: dict[str, str] = {}
    for name in ("data/x/y", "data/x/z", "data/xy", "data/x.y", "w"):
        require_portable_name(name, seen)


def test_stores_what_is_portable_under_its_own_name_and_the_rest_under_a_digest() -> None:
    assert stored_name("train.csv") == "train.csv"
    assert stored_name("a:b").startswith("_names/")
    assert stored_name("a:b") != stored_name("a;b:c")
    assert portability_fault(stored_name("100%\n")) is None
    assert portability_fault(stored_name("caf\udce9")) is None
    assert stored_name("x" * 170).startswith("_names/")


def test_names_the_folder_for_the_model() -> None:
    assert folder_name("credit-risk", "3") == "credit-risk-3"
    assert folder_name("Kredit Größe: EU/US", "12") == "Kredit-Gro-e-EU-US-12"
    with pytest.raises(UsageError, match="gives no portable folder name"):
        folder_name("模型", "1")


def test_refuses_a_name_deeper_than_any_project() -> None:
    require_portable_name("/".join("a" * 32), {})

    with pytest.raises(EntryRefused, match="N3, deeper than 32"):
        require_portable_name("/".join("a" * 33), {})


def test_refuses_more_names_and_folders_than_an_archive_can_need(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("affidavit.bundle.names._MAX_KNOWN", 3)
    seen: dict[str, str] = {}
    for name in ("a/b", "a/c"):
        require_portable_name(name, seen)

    with pytest.raises(EntryRefused, match="more than 3 names and folders"):
        for name in ("a/d", "a/e"):
            require_portable_name(name, seen)
