"""An inventory shows what the records say, and only of bundles that hold."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.support.bundles import BundleBuilder
from tests.support.pinned import trust_in
from tests.support.portfolios import STANDINGS, portfolio_bundle, trust_file
from tests.support.raw_archives import pack_raw, read_entries

from affidavit.bundle import layout
from affidavit.bundle.archive_reader import Archive
from affidavit.errors import UsageError
from affidavit.inspect.index_reading import _declared
from affidavit.inspect.index_record import Index, Problem, Version
from affidavit.inspect.index_words import refusal_text
from affidavit.inspect.indexing import index_folder
from affidavit.progress import Silent
from affidavit.verify import Trust, join, read_trust, verify_bundle
from affidavit.verify.trust import Revoked
from affidavit.verify.windows import Window

TODAY = date(2026, 11, 29)
YES = [
    {"catalog": "sr-26-2", "control": "SR262-18", "question": "Does it suffice?", "answer": "yes"}
]
BY_VALIDATOR = {"role": "validator", "answers": YES, "expires_on": "2027-10-01"}


def index(folder: Path, trust: Trust | None, **more: Any) -> Index:
    return index_folder(folder, trust=trust, today=TODAY, progress=Silent(), **more)


def only_version(found: Index) -> Version:
    ((version,),) = (m.versions for m in found.models)
    return version


def only_problem(found: Index) -> Problem:
    assert found.models == ()
    (problem,) = found.problems
    return problem


@pytest.fixture
def made(sealed: BundleBuilder, tmp_path: Path) -> Callable[..., Path]:
    """Writes a bundle into the folder that is indexed; by its name, and what it shall be."""

    def make(file: str = "one", **facts: Any) -> Path:
        return portfolio_bundle(sealed, tmp_path / "many" / f"{file}.evidence.zip", **facts)

    return make


def changed(bundle: Path, path: str, change: Callable[[bytes], bytes]) -> None:
    """One file changed where it lies, its CRC repaired: only digests can find it."""
    folder, entries = read_entries(bundle)
    assert path in dict(entries)
    bundle.write_bytes(
        pack_raw((f"{folder}/{n}", change(c) if n == path else c) for n, c in entries)
    )


def with_one_bit(content: bytes) -> bytes:
    return bytes([content[0] ^ 1]) + content[1:]


def test_groups_by_model_and_puts_the_newest_version_first(
    made: Callable[..., Path], pinned: Trust, tmp_path: Path
) -> None:
    """By number, not by letter; and however deep the folders are."""
    for place, name, version in (
        ("a/9", "scoring", "9"), ("10", "scoring", "10"), ("b/c/d/2", "Fraud", "2"), ("1", "scoring", "1"),
    ):  # fmt: skip
        made(place, name=name, version=version)

    found = index(tmp_path / "many", pinned)

    assert [(m.name, [v.version for v in m.versions]) for m in found.models] == [
        ("Fraud", ["2"]), ("scoring", ["10", "9", "1"]),
    ]  # fmt: skip
    assert (found.bundles, found.rows, found.problems) == (4, 4, ())


def test_shows_what_the_record_and_the_seal_say(
    made: Callable[..., Path], pinned: Trust, tmp_path: Path
) -> None:
    bundle = made("deep/one", owner="Head of Cards", tier="2 of 3", gaps=2)
    verdict = verify_bundle(bundle, trust=pinned)
    assert verdict["signer"].status == "passed"

    found = only_version(index(tmp_path / "many", pinned))

    assert (found.bundle, found.looked) == (str(Path("deep/one.evidence.zip")), "seal-holds")
    assert (found.owner, found.tier, found.gaps) == ("Head of Cards", "2 of 3", 2)
    assert (found.evidence_id, found.root) == (verdict.evidence_id, verdict.root)
    assert found.gaps == verdict.gaps
    assert found.exceptions == verdict.exceptions
    assert found.controls == {
        "exception": 1, "missing": 2, "needs-attestation": 2, "evidenced": 1, "not-applicable": 1,
    }  # fmt: skip
    assert (found.catalogs, found.signed_by) == (("gdpr", "sr-26-2"), "release.pub")
    assert verdict.seal_says is not None
    assert found.sealed_at == verdict.seal_says.finished_on


def test_without_a_key_every_row_says_so(made: Callable[..., Path], tmp_path: Path) -> None:
    made()

    found = index(tmp_path / "many", None)

    assert only_version(found).looked == "not-checked"
    assert only_version(found).signed_by is None
    assert found.trust is None
    assert found.checked.startswith("No key was given, so no signature was checked.")


# ---- what does not hold


@pytest.mark.parametrize(
    "path", [layout.EVIDENCE, layout.DECLARATIONS, STANDINGS[0], layout.VERIFY_TXT]
)
def test_a_changed_record_is_a_problem_and_no_row(
    made: Callable[..., Path], pinned: Trust, tmp_path: Path, path: str
) -> None:
    bundle = made()
    assert index(tmp_path / "many", pinned).problems == ()

    changed(bundle, path, with_one_bit)
    problem = only_problem(index(tmp_path / "many", pinned))

    assert (problem.bundle, problem.kind) == ("one.evidence.zip", "refuted")
    assert path in problem.why


def test_other_files_are_not_read(
    made: Callable[..., Path], pinned: Trust, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So a changed one is not found here, which every form of the index says; verify finds it."""
    bundle = made()
    changed(bundle, "data/model/model.pkl", with_one_bit)
    read: set[str] = set()
    chunks, measure = Archive.chunks, Archive.measure
    monkeypatch.setattr(Archive, "chunks", lambda a, name: read.add(name) or chunks(a, name))
    monkeypatch.setattr(Archive, "measure", lambda a, name: read.add(name) or measure(a, name))

    found = index(tmp_path / "many", pinned)

    assert only_version(found).looked == "seal-holds"
    assert "other files were not read" in found.checked
    assert {n for n in read if n.startswith("data/")} == {
        layout.EVIDENCE, layout.DECLARATIONS, *STANDINGS
    }  # fmt: skip
    assert verify_bundle(bundle, trust=pinned).exit_code == 1


def test_what_is_no_bundle_stands_beside_those_that_are(
    made: Callable[..., Path], pinned: Trust, sealed: BundleBuilder, tmp_path: Path
) -> None:
    good = made("good")
    (good.parent / "text.evidence.zip").write_text("hello")
    (good.parent / "empty.evidence.zip").write_bytes(b"")
    (good.parent / "cut.evidence.zip").write_bytes(good.read_bytes()[:-100])
    (good.parent / "other.zip").write_text("not named as a bundle, not looked at")
    (good.parent / "folder.evidence.zip").mkdir()
    os.mkfifo(good.parent / "pipe.evidence.zip")
    shutil.copy(sealed.unsigned(), good.parent / "unsigned.evidence.zip")

    found = index(good.parent, pinned)

    assert only_version(found).bundle == "good.evidence.zip"
    assert {p.bundle.partition(".")[0]: p.kind for p in found.problems} == {
        "cut": "refuted", "empty": "refuted", "text": "refuted", "unsigned": "refuted",
        "pipe": "unreadable",
    }  # fmt: skip
    assert all(p.why for p in found.problems)


def test_a_newer_format_is_undecided(
    made: Callable[..., Path], pinned: Trust, tmp_path: Path
) -> None:
    changed(made(), layout.BAG_INFO, lambda c: c.replace(b"Format: 1", b"Format: 2"))

    problem = only_problem(index(tmp_path / "many", pinned))

    assert problem.kind == "undecided"
    assert "format 2" in problem.why
    assert problem.fix == "install a newer Affidavit"


def test_a_newer_record_is_undecided(sealed: BundleBuilder, pinned: Trust, tmp_path: Path) -> None:
    newer = sealed.replace_json(layout.EVIDENCE, lambda e: e.update(version=2), "resign")
    (tmp_path / "many").mkdir()
    shutil.copy(newer, tmp_path / "many" / "new.evidence.zip")

    problem = only_problem(index(tmp_path / "many", pinned))

    assert (problem.kind, problem.fix) == ("undecided", "verify with a newer affidavit")
    assert "affidavit/evidence version 2" in problem.why


def test_a_bundle_by_someone_else_is_refuted_and_says_what_it_claims_to_be(
    made: Callable[..., Path], pinned: Trust, sealed: BundleBuilder, tmp_path: Path
) -> None:
    made(signer=sealed.other_signer(), name="scoring", version="7")

    problem = only_problem(index(tmp_path / "many", pinned))

    assert problem.why == "no signer that you trust sealed this bundle"
    assert problem.says == "scoring, version 7"


def test_a_seal_about_another_version_is_refuted(
    made: Callable[..., Path], pinned: Trust, tmp_path: Path
) -> None:
    """Its record names version 3, the seal of the same key version 4."""
    made(says={"subject": {"name": "credit-risk", "version": "4"}})

    assert only_problem(index(tmp_path / "many", pinned)).why == (
        "the seal is about another model version"
    )


def test_a_folder_that_cannot_be_looked_through_is_said(
    made: Callable[..., Path], pinned: Trust, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made("good")
    made("shut/hidden")
    real = os.scandir

    def scandir(place: Any = ".") -> Any:
        if os.fspath(place).endswith("shut"):
            raise PermissionError(13, "Permission denied", os.fspath(place))
        return real(place)

    monkeypatch.setattr(os, "scandir", scandir)

    (problem,) = index(tmp_path / "many", pinned).problems

    assert (problem.bundle, problem.kind) == (f"shut{os.sep}", "unreadable")
    assert "Permission denied" in problem.why


@pytest.mark.parametrize("there", ["", "empty", "file"])
def test_no_folder_or_no_bundle_is_a_usage_error(tmp_path: Path, there: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("")
    folder = tmp_path / (there or "missing")

    with pytest.raises(UsageError) as caught:
        index(folder, None)

    assert str(folder) in caught.value.what


# ---- the same evidence twice, and what people state


def test_says_where_the_same_evidence_stands_twice(
    made: Callable[..., Path], pinned: Trust, tmp_path: Path
) -> None:
    first = made("first")
    shutil.copy(first, tmp_path / "many" / "second.evidence.zip")
    made("other", version="4")

    (model,) = index(tmp_path / "many", pinned).models

    assert {v.bundle: v.same_evidence_as for v in model.versions} == {
        "first.evidence.zip": ("second.evidence.zip",),
        "second.evidence.zip": ("first.evidence.zip",),
        "other.evidence.zip": (),
    }


def test_declarations_of_a_later_version_still_name_the_owner(
    made: Callable[..., Path], pinned: Trust, tmp_path: Path
) -> None:
    """And what is no TOML, or of another type, is not declared."""
    assert _declared(b'version = 7\nowner = "Ana"\nunknown = [1]\ntier = 2\n') == ("Ana", None)
    assert _declared(b"owner = \xff") == (None, None)
    assert _declared(b"x = " + b"[" * 5000) == (None, None)
    assert _declared(b'owner = "  "') == (None, None)
    made(owner=None, tier=None)
    assert only_version(index(tmp_path / "many", pinned)).owner is None


# ---- attestations, and what changed since the last validated version


@pytest.fixture
def house(sealed: BundleBuilder, tmp_path: Path) -> dict[str, Any]:
    """Signers, and trust in them: a sealer, a validator, an owner."""
    tmp_path.joinpath("many").mkdir()
    validator, owner = sealed.other_signer(), sealed.other_signer()
    pinned = read_trust(
        trust_file(tmp_path, Vera=(validator, ["validator"]), Otto=(owner, ["owner"]))
    )
    return {
        "validator": validator, "owner": owner, "trust": join((trust_in(sealed), pinned)),
        "folder": tmp_path / "many",
    }  # fmt: skip


def test_says_what_changed_since_the_last_validated_version(
    made: Callable[..., Path], house: dict[str, Any]
) -> None:
    made("1", version="1")
    made("2", version="2", attested=[(house["validator"], BY_VALIDATOR)])
    made("3", version="3", gaps=2, params="6", owner="Someone else")
    made("4", version="4")

    (model,) = index(house["folder"], house["trust"]).models

    changes = {v.version: v.change for v in model.versions}
    assert changes["1"] is None
    assert changes["2"] is None
    assert changes["3"] is not None
    assert changes["3"].since == "2"
    assert changes["3"].parts == ("parameters", "declarations")
    assert (changes["3"].findings_new, changes["3"].findings_gone) == (2, 0)
    assert changes["4"] is not None
    assert (changes["4"].parts, changes["4"].findings_new) == ((), 0)
    assert {v.version: v.validated_by for v in model.versions if v.validated_by} == {"2": ("Vera",)}


@pytest.mark.parametrize(
    ("who", "role"), [("owner", "owner"), ("nobody", "validator"), ("validator", "owner")]
)
def test_only_a_pinned_validator_validates(
    made: Callable[..., Path], house: dict[str, Any], sealed: BundleBuilder, who: str, role: str
) -> None:
    signer = house.get(who) or sealed.other_signer()
    made("1", version="1", attested=[(signer, BY_VALIDATOR | {"role": role})])
    made("2", version="2", params="6")

    (model,) = index(house["folder"], house["trust"]).models

    assert [(v.change, v.validated_by) for v in model.versions] == [(None, ()), (None, ())]
    assert len(model.versions[1].attestations) == 1


def test_a_no_validates_nothing_and_is_said(
    made: Callable[..., Path], house: dict[str, Any]
) -> None:
    no = BY_VALIDATOR | {"answers": [*YES, YES[0] | {"control": "SR262-14", "answer": "no"}]}
    made(attested=[(house["validator"], no)])

    version = only_version(index(house["folder"], house["trust"]))

    assert version.validated_by == ()
    assert [a.no_to for a in version.attestations] == [("SR262-14",)]
    assert refusal_text(version) == "no to SR262-14"


def test_a_revoked_attestation_validates_nothing(
    made: Callable[..., Path], house: dict[str, Any]
) -> None:
    made("1", version="1", attested=[(house["validator"], BY_VALIDATOR)])
    assert only_version(index(house["folder"], house["trust"])).validated_by == ("Vera",)
    gone = Revoked(value=house["validator"].public.fingerprint, reason="left the bank")
    trust = replace(house["trust"], revoked=(gone,))

    version = only_version(index(house["folder"], trust))

    assert version.validated_by == ()
    assert [a.state for a in version.attestations] == ["revoked"]
    assert version.next_expiry is None


def test_an_attestation_by_a_key_out_of_its_window_validates_nothing(
    made: Callable[..., Path], house: dict[str, Any]
) -> None:
    made("1", version="1", attested=[(house["validator"], BY_VALIDATOR)])
    ended = Window(end=datetime(2020, 1, 1, tzinfo=UTC))
    keys = tuple(
        replace(k, window=ended) if k.fingerprint == house["validator"].fingerprint() else k
        for k in house["trust"].keys
    )

    version = only_version(index(house["folder"], replace(house["trust"], keys=keys)))

    assert version.validated_by == ()
    assert [a.state for a in version.attestations] == ["not-weighed"]


def test_an_attestation_counts_for_every_bundle_of_its_evidence(
    made: Callable[..., Path], house: dict[str, Any]
) -> None:
    """It is about the facts: the bundle as it was before somebody attested holds the same."""
    made("before", version="1")
    made("after", version="1", attested=[(house["validator"], BY_VALIDATOR)])

    (model,) = index(house["folder"], house["trust"]).models

    assert [v.validated_by for v in model.versions] == [("Vera",), ("Vera",)]
    assert [v.change for v in model.versions] == [None, None]


@pytest.mark.parametrize(
    ("expires_on", "state", "ends"),
    [
        ("2026-11-28", "expired", None), ("2026-11-29", "expires-soon", "2026-11-29"),
        ("2027-02-27", "expires-soon", "2027-02-27"), ("2027-02-28", "valid", "2027-02-28"),
    ],
)  # fmt: skip
def test_holds_an_attestation_against_the_day(
    made: Callable[..., Path],
    house: dict[str, Any],
    expires_on: str,
    state: str,
    ends: str | None,
) -> None:
    made(attested=[(house["validator"], {"answers": YES, "expires_on": expires_on})])

    version = only_version(index(house["folder"], house["trust"]))

    assert [(a.state, a.by, a.controls) for a in version.attestations] == [
        (state, "Vera", ("SR262-18",))
    ]
    assert version.next_expiry == ends
    holds = state != "expired"
    assert version.controls.get("attested", 0) == holds
    assert version.controls["needs-attestation"] == 2 - holds
    assert version.validated_by == ("Vera",)  # it did, once


@pytest.mark.parametrize(
    "changed", [{"answers": [YES[0] | {"question": "Is it nice?"}]}, {"evidence_id": "0" * 64}]
)
def test_an_answer_to_something_else_validates_nothing(
    made: Callable[..., Path], house: dict[str, Any], changed: dict[str, Any]
) -> None:
    made(attested=[(house["validator"], BY_VALIDATOR)])
    assert only_version(index(house["folder"], house["trust"])).validated_by == ("Vera",)

    made(attested=[(house["validator"], BY_VALIDATOR | changed)])
    version = only_version(index(house["folder"], house["trust"]))

    assert version.validated_by == ()
    assert "attested" not in version.controls


def test_an_attestation_of_no_form_is_there_and_counts_for_nothing(
    made: Callable[..., Path], house: dict[str, Any]
) -> None:
    made(attested=[(house["validator"], {"answers": YES, "expires_on": "soon"})])

    version = only_version(index(house["folder"], house["trust"]))

    assert [(a.state, a.controls) for a in version.attestations] == [("not-weighed", ())]
    assert version.next_expiry is None


# ---- many at once


def test_several_processes_find_the_same(
    made: Callable[..., Path], house: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys and bundles cross the border of a process; the order is the names'."""
    for number in range(6):
        made(str(number), version=str(number), attested=[(house["validator"], BY_VALIDATOR)])
    (house["folder"] / "bad.evidence.zip").write_text("bad")

    told: list[str] = []
    monkeypatch.setattr("affidavit.inspect.indexing._TOLD_EVERY", 2)
    monkeypatch.setattr(Silent, "step", lambda _, text: told.append(text))
    alone = index(house["folder"], house["trust"], processes=1)
    monkeypatch.undo()
    together = index(house["folder"], house["trust"], processes=2)

    assert together == alone
    assert told == ["2 of 7 bundles", "4 of 7 bundles", "6 of 7 bundles"]
    assert len(alone.problems) == 1
