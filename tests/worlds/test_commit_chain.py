"""A right key that says other things of commit and data than the commit itself: each is refused.

The signer here is the one whom the reader trusts, and every digest is made right again, so that
nothing but the commit's own bytes can tell.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.support.dvc_world import dvc
from tests.support.resealed import Change, resealed
from tests.support.small_world import SmallBundle
from tests.worlds.bank import Bank, tables
from tests.worlds.conftest import Worlds, build
from tests.worlds.stories import STATED, Story, export, rows

from affidavit.cli.verdict_lines import verdict_lines
from affidavit.forgeries import forge_all, open_genuine
from affidavit.progress import Silent
from affidavit.recompute.worker.options import WorkerOptions
from affidavit.reproduce.rechecking import Request, recheck
from affidavit.reproduce.record import Recheck
from affidavit.resolve.git_objects import GitObject
from affidavit.resolve.pack_format import pack_chunks
from affidavit.tracked.git_pack import packed_objects
from affidavit.verify import Verdict, read_keys

EVIDENCE, COMMIT = "data/evidence.json", "data/source/commit.json"
PACK, CONFIG = "data/source/commit.pack", "data/config/affidavit.toml"
ROWS = "data/dataset/evaluation/evaluation.csv"
Verify = Callable[[dict[str, Change | bytes | None]], Verdict]


@pytest.fixture
def orderly(bank: Bank, world: Worlds) -> SmallBundle:
    return SmallBundle(world("orderly").bundle, bank.public_key)


@pytest.fixture
def verify(orderly: SmallBundle, tmp_path: Path) -> Verify:
    return lambda changes: resealed(orderly, tmp_path / "b.zip", changes).verdict()


def refused_by(verdict: Verdict, check: str) -> str:
    """What the check says; the verdict has to be a refusal, and that check among its reasons."""
    assert verdict.word == "NOT VERIFIED", verdict.word
    return " ".join(f"{c.what} {c.expected} {c.found}" for c in verdict.failed if c.id == check)


def test_the_untouched_twin_verifies_and_says_what_was_followed(verify: Verify) -> None:
    verdict = verify({})

    assert verdict.word == "VERIFIED", verdict.failed
    claims = {c.id: c for c in verdict.checks if c.status == "passed"}
    said = " ".join(" ".join(verdict_lines(verdict)).split())
    assert re.search(r"commit [0-9a-f]{12}… is here whole: [0-9]+ objects, each hashed to its id; "
                     "the data of evaluation, training is what the commit names", said)  # fmt: skip
    assert (
        claims["tracked-data"].what == "the data of evaluation, training is what the commit names"
    )


def _author(said: Any) -> None:
    said["author"]["name"] = "Eve"


def _message(said: Any) -> None:
    said["message"] += "\nReviewed-by: Validation\n"


def _parents(said: Any) -> None:
    said["parents"] = ["1" * 40]


def _size(said: Any) -> None:
    said["files"][0]["size_bytes"] += 1


def _mode(said: Any) -> None:
    said["files"][0]["mode"] = "100755"


def _no_file(said: Any) -> None:
    said["files"].pop()


def _submodule(said: Any) -> None:
    said["submodules"].append({"path": "vendored", "commit": "2" * 40})


def _signed(said: Any) -> None:
    said["signature"]["state"] = "good"


@pytest.mark.parametrize(
    "change", [_author, _message, _parents, _size, _mode, _no_file, _submodule, _signed]
)
def test_other_words_than_the_commit_s_own_are_refused(change: Change, verify: Verify) -> None:
    assert COMMIT in refused_by(verify({COMMIT: change}), "commit")


def objects(bundle: SmallBundle) -> list[GitObject]:
    """What the pack holds, in its order."""
    read = packed_objects([bundle.files[PACK]], "sha1", keeps=lambda *_: True)
    return [GitObject(o.oid, o.kind, o.size, iter((o.content or b"",))) for o in read]


def packed(kept: list[GitObject]) -> bytes:
    return b"".join(pack_chunks(kept, len(kept), "sha1"))


def test_a_file_of_the_commit_with_another_byte_is_refused(
    orderly: SmallBundle, verify: Verify
) -> None:
    kept = objects(orderly)
    blob = next(o for o in kept if o.kind == "blob")
    blob.chunks = iter((bytes(blob.size_bytes),))

    assert f"holds what {COMMIT} does not list" in refused_by(
        verify({PACK: packed(kept)}), "commit"
    )


def test_an_object_left_out_added_or_held_twice_is_refused(
    orderly: SmallBundle, verify: Verify
) -> None:
    for change, told in (
        (lambda kept: kept[1:], "lacks"),
        (lambda kept: [*kept, GitObject("", "blob", 4, iter((b"evil",)))], "holds what"),
        (lambda kept: [*kept, *objects(orderly)[:1]], "twice"),
    ):
        assert told in refused_by(verify({PACK: packed(change(objects(orderly)))}), "commit")


def test_a_pack_that_cannot_be_read_is_refused(orderly: SmallBundle, verify: Verify) -> None:
    for content in (b"", b"PACK" * 9, orderly.files[PACK][:-1], orderly.files[PACK] + b"\0"):
        assert "cannot be read" in refused_by(verify({PACK: content}), "commit")


def test_a_configuration_set_after_training_is_not_the_commit_s(
    orderly: SmallBundle, verify: Verify
) -> None:
    content = orderly.files[CONFIG].replace(b"threshold = 0.5", b"threshold = 0.50")

    said = refused_by(verify({CONFIG: content}), "commit")

    assert f"{CONFIG} is said to be the commit's, and is not" in said


def fact_of(evidence: Any, fact_id: str) -> Any:
    return next(f for f in evidence["provenance"] if f["id"] == fact_id)


def test_rows_that_the_commit_does_not_name_are_refused(
    orderly: SmallBundle, verify: Verify
) -> None:
    changed = orderly.files[ROWS].replace(b"yes", b"no ", 1)

    assert ROWS in refused_by(verify({ROWS: changed}), "tracked-data")


def test_rows_with_a_digest_to_match_are_refused(orderly: SmallBundle, verify: Verify) -> None:
    changed = orderly.files[ROWS].replace(b"yes", b"no ", 1)
    digest = hashlib.md5(changed).hexdigest()

    def other_digest(evidence: Any) -> None:
        for name in ("snapshot", "link"):
            fact_of(evidence, f"data.evaluation.{name}")["digest"]["value"] = digest

    said = refused_by(verify({ROWS: changed, EVIDENCE: other_digest}), "tracked-data")

    assert (
        f"no DVC file of the commit names this digest for data/evaluation.csv md5 {digest}" in said
    )


def test_two_roles_do_not_change_places(verify: Verify) -> None:
    def swapped(evidence: Any) -> None:
        first, second = (
            fact_of(evidence, f"data.{r}.snapshot") for r in ("evaluation", "training")
        )
        first["digest"], second["digest"] = second["digest"], first["digest"]

    said = refused_by(verify({EVIDENCE: swapped}), "tracked-data")

    assert "for data/evaluation.csv" in said
    assert "for data/train.csv" in said


def test_without_the_commit_no_data_is_tracked(verify: Verify) -> None:
    def without(evidence: Any) -> None:
        evidence["provenance"] = [f for f in evidence["provenance"] if f["id"] != "code.pack"]

    said = refused_by(verify({PACK: None, EVIDENCE: without}), "tracked-data")

    assert "is said to be at the commit, which is not here" in said


def test_rows_by_reference_have_a_digest_that_the_commit_names(
    bank: Bank, world: Worlds, tmp_path: Path
) -> None:
    bundle = SmallBundle(world("by-reference").bundle, bank.public_key)
    assert bundle.verdict().word == "VERIFIED"

    def other(evidence: Any) -> None:
        fact_of(evidence, "data.evaluation.snapshot")["digest"]["value"] = "0" * 32

    found = resealed(bundle, tmp_path / "b.zip", {EVIDENCE: other}).verdict()

    assert "no DVC file of the commit names this digest" in refused_by(found, "tracked-data")


def test_data_that_somebody_gave_is_not_called_tracked(
    bank: Bank, world: Worlds, tmp_path: Path
) -> None:
    """The declared folder of another world, called the commit's."""
    bundle = SmallBundle(world("declared-folder").bundle, bank.public_key)

    def tracked(evidence: Any) -> None:
        fact = fact_of(evidence, "data.evaluation.snapshot")
        given = fact_of(evidence, "data.evaluation.md5")
        fact |= {
            "basis": "measured",
            "source": "dvc.lock, at the commit",
            "digest": given["digest"],
        }
        evidence["provenance"].remove(given)
        evidence["findings"] = [f for f in evidence["findings"] if "declared" not in f["id"]]
        for item in evidence["items"]:
            if item.get("role") == "evaluation":
                item["origin"] = "collected"

    found = resealed(bundle, tmp_path / "b.zip", {EVIDENCE: tracked}).verdict()

    assert "which is not here" in refused_by(found, "tracked-data")


FOLDER = "data/dataset/evaluation"
LISTING = "data/source/dvc/evaluation.json"
ONE_PART = "part-00000.parquet"


@pytest.fixture(scope="module", params=["whole", "one file of it"])
def of_a_folder(bank: Bank, request: pytest.FixtureRequest) -> SmallBundle:
    """Rows in two Parquet parts of a folder that DVC tracks; or only those of the first."""
    parts = bank.project.folder / "data" / "parts"
    if not parts.exists():
        export(tables()["evaluation"], parts)
        dvc(bank.project.folder, "add", "-q", "data/parts")
        dvc(bank.project.folder, "push", "-q")
    path = "data/parts" if request.param == "whole" else f"data/parts/{ONE_PART}"
    commit = bank.commit(rows(evaluation=f'path = "{path}"\n'), STATED, f"Train; {path}")
    name = "parts" if request.param == "whole" else "part"
    story = Story(ref=bank.register(name, commit).ref, remote=bank.remote)
    return SmallBundle(build(bank, story).bundle, bank.public_key)


def test_a_tracked_folder_is_followed_by_its_listing(
    of_a_folder: SmallBundle, tmp_path: Path
) -> None:
    assert of_a_folder.verdict().word == "VERIFIED"
    part, out = f"{FOLDER}/{ONE_PART}", tmp_path / "b.zip"

    def other_part(evidence: Any) -> None:
        item = next(i for i in evidence["items"] if i["path"] == part)
        item["original_name"] = "part-00009.parquet"

    def two_of_one_name(evidence: Any) -> None:
        item = next(i for i in evidence["items"] if i["path"] == part)
        evidence["items"].append({**item, "path": f"{FOLDER}/again", "original_name": ONE_PART,
                                  "embedded": False})  # fmt: skip

    changes: list[tuple[dict[str, Change | bytes | None], str]] = [
        ({part: of_a_folder.files[part][:-1] + b"\0"}, "is not the file whose digest"),
        ({LISTING: of_a_folder.files[LISTING].replace(b"0", b"1", 1)}, "is not the listing that"),
        ({LISTING: None}, "the listing of data/parts is not here"),
        ({EVIDENCE: other_part}, "are not those of its listing"),
        ({EVIDENCE: two_of_one_name}, "are not those of its listing"),
    ]
    for change, told in changes:
        found = resealed(of_a_folder, out, change).verdict()
        assert told in refused_by(found, "tracked-data"), change


def test_both_lies_are_on_show(orderly: SmallBundle) -> None:
    genuine = open_genuine(orderly.path, read_keys((orderly.public_key,)))

    shown = {t.id: t for t in forge_all(genuine, orderly.path, lambda _: None).forgeries}

    for name, check in (("data-sealed", "tracked-data"), ("author-sealed", "commit")):
        assert (shown[name].outcome, shown[name].checks) == ("refused", (check,)), shown[name]


def test_what_was_compared_stands_in_the_evidence(orderly: SmallBundle) -> None:
    """The facts that the check rests on are those of a real build, and not only of this test."""
    facts = {f["id"]: f for f in json.loads(orderly.files[EVIDENCE])["provenance"]}

    for role in ("evaluation", "training"):
        fact = facts[f"data.{role}.snapshot"]
        assert (fact["basis"], fact["digest"]["algorithm"]) == ("measured", "md5")


def test_a_recheck_holds_the_rows_that_it_is_given_against_the_commit(
    bank: Bank, world: Worlds, tmp_path: Path
) -> None:
    """By reference: the sha256 on record is that of other rows than those that DVC tracks."""
    honest = SmallBundle(world("by-reference").bundle, bank.public_key)
    data = tmp_path / "data"
    shutil.copytree(bank.project.folder / "data", data)
    assert rechecked(honest, data, bank).outcome == "EQUAL"
    changed = (data / "evaluation.csv").read_bytes().replace(b".1", b".2", 1)
    (data / "evaluation.csv").write_bytes(changed)

    items = json.loads(honest.files[EVIDENCE])["items"]
    old = next(i["sha256"] for i in items if i["path"] == ROWS).encode()
    new = hashlib.sha256(changed).hexdigest().encode()
    assert len(changed) == (bank.project.folder / "data/evaluation.csv").stat().st_size
    cited = {p: c.replace(old, new) for p, c in honest.files.items() if old in c}
    liar = resealed(honest, tmp_path / "b.zip", {p: c for p, c in cited.items() if "data/" in p})
    assert liar.verdict().word == "VERIFIED"  # no bytes are there that could tell
    found = rechecked(liar, data, bank)

    assert found.outcome == "DIFFERENT"
    told = [d for d in found.differences if d.what == "the file that the commit names"]
    assert [(d.path, d.recomputed) for d in told] == [
        (ROWS, f"md5 {hashlib.md5(changed).hexdigest()}")
    ]


def rechecked(bundle: SmallBundle, data: Path, bank: Bank) -> Recheck:
    trust = read_keys((bank.public_key,))
    options = WorkerOptions(model_env=Path(sys.executable))
    request = Request(bundle=bundle.path, trust=trust, data=(data,), options=options)
    done = recheck(request, Silent()).result
    assert done is not None
    return done
