"""Every forgery is one: its untouched twin verifies, and the check that is there for it refuses it."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from tests.support.attested import AttestedWorld
from tests.support.bundles import BundleBuilder
from tests.support.pinned import trust_in
from tests.support.raw_archives import pack_raw, read_entries
from tests.support.shipped_sample import make_sample, sample_signer

from affidavit.errors import BundleError, UsageError
from affidavit.forgeries import contents as contents_module
from affidavit.forgeries import forge_all, open_genuine, showing
from affidavit.forgeries.contents import MAX_BYTES, pack, packed, read_contents
from affidavit.forgeries.interface import Forged, Forgery
from affidavit.forgeries.repairing import repaired, sealed_by, tags_repaired
from affidavit.forgeries.sample import SAMPLE, SAMPLE_KEY
from affidavit.forgeries.showing import FORGERIES, Shown
from affidavit.verify import read_keys, read_trust, verify_bundle

# What a control's status needs: the small bundle has no controls; nor has it a commit.
ON_CONTROLS = {"control-recomputed", "control-sealed"}
NOT_HERE = ON_CONTROLS | {"data-sealed", "author-sealed"}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> BundleBuilder:
    return BundleBuilder(tmp_path_factory.mktemp("small") / "made", is_told=True)


def show(path: Path, trust: object) -> Shown:
    told = []
    shown = forge_all(open_genuine(path, trust), path, told.append)
    assert tuple(told) == shown.forgeries
    return shown


def test_a_forgery_has_one_name_and_there_are_more_than_a_dozen() -> None:
    names = [f.id for f in FORGERIES]

    assert len(set(names)) == len(names) > 12


def test_each_is_refused_by_the_check_that_is_there_for_it(small: BundleBuilder) -> None:
    before = small.path.read_bytes()

    shown = show(small.path, trust_in(small))

    meant = {f.id: f.refused_by for f in FORGERIES if f.id not in NOT_HERE}
    assert {t.id: t.check for t in shown.forgeries if t.outcome == "refused"} == meant
    assert {t.id for t in shown.forgeries if t.outcome == "left-out"} == NOT_HERE
    assert (shown.genuine, shown.accepted, shown.sealed_here) == ("VERIFIED", 0, False)
    assert small.path.read_bytes() == before


def test_controls_are_forged_where_there_are_some(tmp_path: Path) -> None:
    world = AttestedWorld(tmp_path / "world")

    shown = show(world.path, read_trust(world.trust))

    # This bundle has no card: those that need one are left out, and nothing is accepted.
    by_id = {t.id: t for t in shown.forgeries}
    assert by_id["control-recomputed"].check == "tag-manifest"
    assert {"record", "control-file"} <= set(by_id["control-sealed"].checks)
    assert by_id["card-number"].outcome == "left-out"
    assert by_id["entry-twice"].outcome == "refused"
    assert shown.accepted == 0


def test_without_trust_a_copy_is_sealed_with_a_key_made_for_this(small: BundleBuilder) -> None:
    shown = show(small.path, None)

    assert shown.sealed_here
    assert (shown.genuine, shown.accepted) == ("VERIFIED", 0)


def test_the_twins_verify(small: BundleBuilder, tmp_path: Path) -> None:
    """Packed again it is the same file; repaired without a change, and sealed again, it is good."""
    genuine = read_contents(small.path)
    other = small.other_signer()
    key = tmp_path / "other.pub"
    key.write_bytes(other.public.pem())
    again = tmp_path / "again.zip"
    again.write_bytes(pack(sealed_by(repaired(genuine), other)))

    assert pack(genuine) == pack(tags_repaired(genuine)) == small.path.read_bytes()
    assert repaired(genuine) == genuine
    assert verify_bundle(again, trust=read_keys((key,))).word == "VERIFIED"


def test_a_forgery_that_passes_is_counted(
    small: BundleBuilder, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing = Forgery(
        id="nothing", family="carrier", refused_by="archive",
        make=lambda scene: Forged("does nothing", pack(scene.genuine)),
    )  # fmt: skip
    monkeypatch.setattr(showing, "FORGERIES", (nothing, *FORGERIES[:1]))

    shown = show(small.path, trust_in(small))

    assert (shown.accepted, shown.refused) == (1, 1)
    assert (shown.forgeries[0].outcome, shown.forgeries[0].word) == ("accepted", "VERIFIED")


def test_nothing_is_left_in_the_temporary_folder(
    small: BundleBuilder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(showing, "FORGERIES", FORGERIES[:2])

    show(small.path, trust_in(small))

    assert list(tmp_path.iterdir()) == []


def test_a_bundle_that_does_not_verify_is_not_forged(small: BundleBuilder) -> None:
    stranger = small.folder / "stranger.pub"
    stranger.write_bytes(small.other_signer().public.pem())

    with pytest.raises(BundleError, match="does not verify as it is: NOT VERIFIED"):
        open_genuine(small.path, read_keys((stranger,)))
    with pytest.raises(BundleError, match="does not verify as it is"):
        open_genuine(small.flip_bit("data/model/model.pkl"), None)


def test_an_unsigned_bundle_is_not_forged(small: BundleBuilder) -> None:
    with pytest.raises(UsageError, match="is not signed"):
        open_genuine(small.unsigned(), None)


def test_a_large_bundle_is_refused_before_it_is_read(
    small: BundleBuilder, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MAX_BYTES == 50_000_000
    monkeypatch.setattr(contents_module, "MAX_BYTES", small.path.stat().st_size - 1)

    with pytest.raises(UsageError, match="are forged") as raised:
        open_genuine(small.path, None)
    assert raised.value.fix.endswith("affidavit demo-forgeries")

    monkeypatch.setattr(contents_module, "MAX_BYTES", small.path.stat().st_size)
    assert read_contents(small.path).folder == "credit-risk-3"


def test_the_packer_writes_what_two_other_writers_write(small: BundleBuilder) -> None:
    """The product's writer and the tests' own, byte for byte."""
    folder, entries = read_entries(small.path)

    assert packed(folder, entries) == pack_raw((f"{folder}/{n}", c) for n, c in entries)


def test_the_shipped_sample_is_small_and_made_as_it_says(tmp_path: Path) -> None:
    """After a change to what a bundle holds: python -m tests.support.shipped_sample."""
    assert SAMPLE.read_bytes() == make_sample(tmp_path / "made")
    assert SAMPLE_KEY.read_bytes() == sample_signer().public.pem()
    assert SAMPLE.stat().st_size < 100_000


def test_the_shipped_sample_shows_more_than_a_dozen() -> None:
    shown = show(SAMPLE, read_keys((SAMPLE_KEY,)))

    assert shown.accepted == 0
    assert {t.id for t in shown.forgeries if t.outcome == "left-out"} == NOT_HERE
