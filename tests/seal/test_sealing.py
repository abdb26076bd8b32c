"""From a folder of evidence to one signed file."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import zipfile
from pathlib import Path

import bagit
import pytest
from tests.support.bundles import BundleBuilder
from tests.support.payloads import seal_predicate

from affidavit.bundle import layout
from affidavit.bundle.archive_reader import open_archive
from affidavit.bundle.manifest import parse_manifest
from affidavit.bundle.public_key import load_public
from affidavit.bundle.statement import pae, parse_signed
from affidavit.errors import AffidavitError, Contradicted, EntryRefused, UsageError
from affidavit.evidence import Item
from affidavit.progress import Silent
from affidavit.seal import require_room, sealing
from affidavit.seal.keys import KeyKind
from affidavit.seal.sealing import seal


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> BundleBuilder:
    """Read only: tests that change the work folder build their own."""
    return BundleBuilder(tmp_path_factory.mktemp("built"))


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_root_is_reached_from_the_signature_file_by_file(built: BundleBuilder) -> None:
    """Signature, tag manifest, manifest, files: the chain that a stranger walks."""
    files = dict(built.entries)
    (name,) = [n for n in files if n.startswith("signatures/")]
    signed = parse_signed(files[name], name)

    message = pae(signed.payload_type, signed.payload)
    assert load_public(built.public_key).holds(signed.signature, message)
    assert (signed.kind, signed.subject_name) == ("seal", "tagmanifest-sha256.txt")
    assert signed.subject_sha256 == sha256(files[layout.TAG_MANIFEST]) == built.sealed.root
    tagged = parse_manifest(files[layout.TAG_MANIFEST], "t")
    assert tagged == {n: sha256(files[n]) for n in layout.TAGGED}
    listed = parse_manifest(files[layout.MANIFEST], "m")
    assert listed == {n: sha256(c) for n, c in files.items() if n.startswith("data/")}
    assert signed.predicate["evidence_id"] == listed[layout.EVIDENCE] == built.sealed.evidence_id
    assert name == f"signatures/seal-{sha256(files[name])[:16]}.sigstore.json"


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_says_what_it_made(built: BundleBuilder) -> None:
    sealed = built.sealed
    payload = [n for n, _ in built.entries if n.startswith("data/")]

    assert sealed.path == built.path
    assert sealed.files == len(payload)
    assert sealed.size_bytes == built.path.stat().st_size
    assert not sealed.already_built
    assert sealed.signed_by == f"{built.private_key} (ed25519)"


@pytest.mark.parametrize("kind", ["ed25519", "p256"])
def test_stock_bagit_accepts_the_unpacked_folder(kind: KeyKind, tmp_path: Path) -> None:
    built = BundleBuilder(tmp_path / "x", kind=kind)
    with zipfile.ZipFile(built.path) as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path / "out")

    bag = bagit.Bag(str(tmp_path / "out" / "credit-risk-3"))

    assert bag.validate()
    assert bag.info["External-Identifier"] == "credit-risk/3"
    assert bag.info["Affidavit-Format"] == "1"
    (tmp_path / "out/credit-risk-3/data/model/MLmodel").write_bytes(b"other")
    with pytest.raises(bagit.BagValidationError):
        bagit.Bag(str(tmp_path / "out" / "credit-risk-3")).validate()


def test_two_folders_give_the_same_bytes(built: BundleBuilder, tmp_path: Path) -> None:
    """Ed25519 signs deterministically, so with one key even the archives are equal."""
    other = BundleBuilder(tmp_path / "elsewhere")
    other.signer = built.signer

    again = other.seal_to(tmp_path / "again.zip")

    assert again.path.read_bytes() == built.path.read_bytes()
    assert again.root == built.sealed.root == other.sealed.root


def test_what_is_held_by_reference_stays_out(tmp_path: Path) -> None:
    built = BundleBuilder(tmp_path / "x")
    held = built.work.copy_in(
        "data/dataset/protected.csv", [b"id,race\n1,a\n"], kind="protected-table",
        origin="collected", media_type="text/csv", embedded=False, location="s3://bucket/x",
    )  # fmt: skip
    built.evidence = built.evidence.adding(items=(held,))
    rewrite_records(built)

    sealed = built.seal_to(tmp_path / "held.zip")

    with open_archive(sealed.path) as archive:
        assert held.path not in archive
        assert held.sha256.encode() in archive.read(layout.EVIDENCE, 10**6)


def rewrite_records(built: BundleBuilder) -> None:
    from affidavit.bundle import canonical
    from affidavit.evidence import ItemTable

    content = canonical.record_bytes(built.evidence)
    built.work.place(layout.EVIDENCE).write_bytes(content)
    table = ItemTable(evidence_id=sha256(content), items=built.derived)
    built.work.place(layout.ITEMS).write_bytes(canonical.record_bytes(table))


def test_an_unsigned_bundle_has_no_signatures(tmp_path: Path) -> None:
    built = BundleBuilder(tmp_path / "x", is_signed=False)

    assert built.sealed.signed_by is None
    assert not [n for n, _ in built.entries if n.startswith("signatures/")]
    open_archive(built.path).close()


# ---- what is refused, with nothing written


def test_a_file_that_changed_after_it_was_hashed_contradicts(tmp_path: Path) -> None:
    built = BundleBuilder(tmp_path / "x")
    built.seal_to(tmp_path / "out-good.zip")
    (built.work.root / "data/model/model.pkl").write_bytes(bytes(2048))

    with pytest.raises(Contradicted, match=r"data/model/model\.pkl changed while"):
        built.seal_to(tmp_path / "out.zip")

    assert names_in(tmp_path) == ["out-good.zip", "x"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_an_interrupted_seal_leaves_nothing(
    error: type[BaseException], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = BundleBuilder(tmp_path / "x")

    def interrupted(_: bytes) -> bytes:
        raise error

    monkeypatch.setattr(built.signer, "sign", interrupted)
    with pytest.raises(error):
        built.seal_to(tmp_path / "out.zip")

    assert names_in(tmp_path) == ["x"]


def test_each_signer_makes_a_seal_of_its_own_over_one_statement(tmp_path: Path) -> None:
    built = BundleBuilder(tmp_path)
    assert built.signer is not None
    other, out = built.other_signer("p256"), tmp_path / "two.zip"

    sealed = built.seal_to(out, other)

    with open_archive(out) as archive:
        names = [n for n in archive.names if n.startswith("signatures/")]
        seals = [parse_signed(archive.read(n, layout.MAX_STATEMENT_BYTES), n) for n in names]
    assert len(names) == 2
    assert names == sorted(names)
    assert seals[0].payload == seals[1].payload
    assert {s.hint for s in seals} == {built.signer.public.hint, other.public.hint}
    assert sealed.signed_by == f"{built.signer.describe()} and {other.describe()}"
    assert sealed.root == built.sealed.root


def test_a_copy_that_lacks_one_of_the_seals_is_not_already_built(tmp_path: Path) -> None:
    built = BundleBuilder(tmp_path)
    other, out = built.other_signer(), tmp_path / "two.zip"
    built.seal_to(out, other)

    assert built.seal_to(out, other).already_built
    assert built.seal_to(out).already_built
    with pytest.raises(UsageError, match=r"not sealed by .*other-1"):
        built.seal_to(built.path, other)


def test_a_signer_that_signs_wrongly_is_found_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A token that signs with another key than the one that it names."""
    built = BundleBuilder(tmp_path)
    out, other = tmp_path / "again.zip", built.other_signer()
    assert built.seal_to(out).signed_by is not None  # the twin
    out.unlink()

    assert built.signer is not None
    monkeypatch.setattr(built.signer, "sign", other.sign)

    with pytest.raises(AffidavitError, match="gave a signature that does not verify"):
        built.seal_to(out)
    assert not [p for p in tmp_path.iterdir() if "again" in p.name]


def test_a_file_in_no_table_is_a_bug_of_ours(tmp_path: Path) -> None:
    built = BundleBuilder(tmp_path / "x")
    built.work.place("data/extra").write_bytes(b"")
    with pytest.raises(RuntimeError, match=r"unlisted \['data/extra'\], missing \[\]"):
        built.seal_to(tmp_path / "out.zip")


def test_a_missing_file_is_a_bug_of_ours(tmp_path: Path) -> None:
    built = BundleBuilder(tmp_path / "x")
    (built.work.root / "data/model/model.pkl").unlink()
    with pytest.raises(RuntimeError, match=r"unlisted \[\], missing \['data/model/model\.pkl'\]"):
        built.seal_to(tmp_path / "out.zip")


def test_a_link_in_the_payload_is_a_bug_of_ours(tmp_path: Path) -> None:
    built = BundleBuilder(tmp_path / "x")
    path = built.work.root / "data/model/model.pkl"
    path.rename(tmp_path / "moved")
    path.symlink_to(tmp_path / "moved")
    with pytest.raises(RuntimeError, match=r"model\.pkl in the payload is no plain file"):
        built.seal_to(tmp_path / "out.zip")


def test_records_that_are_not_those_on_disk_are_a_bug_of_ours(tmp_path: Path) -> None:
    built = BundleBuilder(tmp_path / "x")
    path = built.work.root / layout.ITEMS
    value = json.loads(path.read_bytes())
    path.write_text(json.dumps(value), encoding="utf-8")
    with pytest.raises(RuntimeError, match=r"data/items\.json is not the record"):
        built.seal_to(tmp_path / "out.zip")


def test_a_predicate_about_other_evidence_is_a_bug_of_ours(tmp_path: Path) -> None:
    built = BundleBuilder(tmp_path / "x")
    with pytest.raises(RuntimeError, match=f"the seal is about {'0' * 64}, not"):
        seal(
            built.evidence, built.derived, built.work, tmp_path / "out.zip", signers=(),
            predicate=seal_predicate(built.evidence, "0" * 64), progress=Silent(),
        )  # fmt: skip


def test_names_that_collide_on_some_systems_are_refused(tmp_path: Path) -> None:
    with pytest.raises(EntryRefused, match="N4"):
        BundleBuilder(tmp_path / "x", extra={"data/dataset/a": b"", "data/dataset/A": b""})
    BundleBuilder(tmp_path / "y", extra={"data/dataset/a": b"", "data/dataset/b": b""})


def test_more_files_than_a_bundle_holds_are_refused(
    built: BundleBuilder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fits = built.sealed.files + len(layout.HEAD) + layout.MAX_STATEMENTS
    monkeypatch.setattr(sealing, "MAX_ENTRIES", fits)
    built.seal_to(tmp_path / "fits.zip")
    monkeypatch.setattr(sealing, "MAX_ENTRIES", fits - 1)
    with pytest.raises(UsageError, match="are more than a bundle holds") as refused:
        built.seal_to(tmp_path / "out.zip")
    assert 'include = "reference"' in refused.value.fix


# ---- the output is there already


def test_the_same_payload_is_already_built(built: BundleBuilder, tmp_path: Path) -> None:
    out = tmp_path / "out.zip"
    first = built.seal_to(out)
    before = out.stat()

    again = built.seal_to(out)

    assert again.already_built
    assert (again.root, again.size_bytes) == (first.root, first.size_bytes)
    assert (out.stat().st_ino, out.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert names_in(tmp_path) == ["out.zip"]


def test_another_payload_is_refused_naming_both_ids(built: BundleBuilder, tmp_path: Path) -> None:
    other = BundleBuilder(tmp_path / "other", version="4")
    before = other.path.read_bytes()

    with pytest.raises(UsageError, match="holds another payload") as refused:
        built.seal_to(other.path)

    assert refused.value.cause == (
        f"it holds credit-risk version 4, evidence {other.sealed.evidence_id[:12]}…; "
        f"this build has evidence {built.sealed.evidence_id[:12]}…"
    )
    assert other.path.read_bytes() == before


def test_the_same_facts_with_another_card_are_another_payload(tmp_path: Path) -> None:
    built = BundleBuilder(tmp_path / "x")
    card = built.work.write(
        "data/card/model-card.md", b"# Another\n", kind="card", origin="rendered",
        media_type="text/markdown",
    )  # fmt: skip
    built.derived = tuple(card if i.path == card.path else i for i in built.derived)
    rewrite_records(built)

    with pytest.raises(UsageError) as refused:
        built.seal_to(built.path)

    assert "the same facts, with other assessments or cards" in refused.value.cause


@pytest.mark.parametrize(
    "content", [b"", b"notes of mine", b"PK\x05\x06" + bytes(18)], ids=["empty", "text", "zip"]
)
def test_a_file_that_is_no_bundle_is_kept_and_refused(
    content: bytes, built: BundleBuilder, tmp_path: Path
) -> None:
    out = tmp_path / "out.zip"
    out.write_bytes(content)

    with pytest.raises(UsageError, match="exists and is not this bundle") as refused:
        built.seal_to(out)

    assert f"(evidence {built.sealed.evidence_id[:12]}…)" in refused.value.what
    assert out.read_bytes() == content


# ---- what can be known before a build


@pytest.mark.parametrize("version", ["3", None])
def test_there_is_room_where_nothing_or_a_bundle_of_the_same_version_is(
    version: str | None, built: BundleBuilder, tmp_path: Path
) -> None:
    before = built.path.read_bytes()

    require_room(tmp_path / "absent.zip", "credit-risk", version)
    require_room(built.path, "credit-risk", version)

    assert built.path.read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"notes of mine"], ids=["empty", "text"])
def test_there_is_no_room_where_a_file_is_no_bundle(content: bytes, tmp_path: Path) -> None:
    out = tmp_path / "out.zip"
    out.write_bytes(content)

    with pytest.raises(UsageError, match="exists and is not a bundle") as refused:
        require_room(out, "credit-risk", None)

    assert "--out" in refused.value.fix
    assert out.read_bytes() == content


@pytest.mark.parametrize(
    ("name", "version", "wanted"),
    [("credit-risk", "4", "credit-risk version 4"), ("fraud", "3", "fraud version 3"),
     ("fraud", None, "fraud")],
)  # fmt: skip
def test_there_is_no_room_where_another_model_version_is(
    name: str, version: str | None, wanted: str, built: BundleBuilder
) -> None:
    with pytest.raises(UsageError, match="holds another model version") as refused:
        require_room(built.path, name, version)

    assert refused.value.cause == f"expected {wanted}, found credit-risk version 3"


def test_says_its_size_as_people_do(built: BundleBuilder, tmp_path: Path) -> None:
    assert re.fullmatch(
        r"\d+ files, [\d.]+ kB, signed with .*release\.pem \(ed25519\)",
        said_by_seal(built, tmp_path / "said.zip"),
    )


def said_by_seal(built: BundleBuilder, out: Path) -> str:
    told: list[str] = []

    class Told(Silent):
        def done(self, stage: str, text: str) -> None:
            told.append(f"{text}" if stage == "seal" else "")

    evidence_id = built.sealed.evidence_id
    seal(
        built.evidence, built.derived, built.work, out, signers=(built.signer,) if built.signer else (),
        predicate=seal_predicate(built.evidence, evidence_id), progress=Told(),
    )  # fmt: skip
    return told[-1]


@pytest.mark.parametrize("path", ["data/model/model.pkl", "VERIFY.txt"])
def test_a_damaged_copy_is_not_already_built(
    path: str, built: BundleBuilder, tmp_path: Path
) -> None:
    out = tmp_path / "out.zip"
    shutil.copyfile(built.flip_bit(path), out)
    with pytest.raises(UsageError, match=f"{path} is not the file that its manifest lists"):
        built.seal_to(out)


@pytest.mark.parametrize(
    ("change", "words"),
    [("drop", "is missing"), ("add", "is not listed")],
)
def test_an_incomplete_or_fuller_copy_is_not_already_built(
    change: str, words: str, built: BundleBuilder, tmp_path: Path
) -> None:
    out = tmp_path / "out.zip"
    changed = built.drop("data/model/model.pkl") if change == "drop" else built.add("data/zz", b"")
    shutil.copyfile(changed, out)
    with pytest.raises(UsageError, match=words):
        built.seal_to(out)


def test_a_copy_sealed_by_nobody_or_by_another_is_not_already_built(
    built: BundleBuilder, tmp_path: Path
) -> None:
    forged = json.loads(dict(built.entries)[built.entries[-1][0]])
    forged["dsseEnvelope"]["signatures"][0]["sig"] = "AAAA"
    for number, copy in enumerate(
        (
            built.unsigned(),
            built.resign(built.other_signer()),
            built.replace(
                built.entries[-1][0],
                json.dumps(forged, sort_keys=True, separators=(",", ":")).encode(),
            ),
        )
    ):
        out = tmp_path / f"{number}.zip"
        shutil.copyfile(copy, out)
        with pytest.raises(UsageError, match="holds the same payload, not sealed by"):
            built.seal_to(out)


def test_an_unsigned_build_takes_a_signed_copy_as_built(
    tmp_path: Path,
) -> None:
    built = BundleBuilder(tmp_path / "x")
    built.signer = None
    assert built.seal_to(built.path).already_built


def test_items_are_sealed_with_their_own_digests(built: BundleBuilder) -> None:
    """The manifest comes from the record, so that a second reading can contradict it."""
    item = next(i for i in built.evidence.items if i.path == "data/model/model.pkl")
    assert isinstance(item, Item)
    assert parse_manifest(built.read(layout.MANIFEST), "m")[item.path] == item.sha256
