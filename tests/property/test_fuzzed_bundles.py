"""Thousands of bundles, each genuine but for what a forger may do to one; none is believed.

**What may be VERIFIED.** An archive that a second, plain judge (`tests/support/plain_judge.py`)
finds no fault with: the one form of an archive; manifests, tables and evidence id that follow from
the files; counts that follow from the rows and rates from the counts; and a seal by the pinned key
over this very tag manifest, about this evidence. Where that key signed nothing anew, every byte
outside `signatures/` has to be the genuine one besides. Everything else is refuted, or undecided,
and by nothing but a documented exit code, in less than five seconds of the processor.
"""

from __future__ import annotations

import signal
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from hypothesis import HealthCheck, Phase, event, given, seed, settings
from hypothesis import strategies as st
from tests.support import plain_judge
from tests.support.fuzz_archives import ArchiveEdit, archive_edits, rewritten
from tests.support.fuzz_bundles import Case, Genuine, cases, genuine_bundle, made
from tests.support.fuzz_edits import Edit, edits_of
from tests.support.raw_archives import Entries, read_entries

from affidavit.cli.verdict_lines import verdict_lines
from affidavit.errors import AffidavitError
from affidavit.seal.keys import LocalSigner
from affidavit.verify import Trust, Verdict, read_trust, verify_bundle

WORDS = {
    0: "VERIFIED", 1: "NOT VERIFIED", 3: "INTACT, SIGNER NOT TRUSTED", 4: "UNDECIDED"
}  # fmt: skip
LONGEST_S = 5
# Without the phase that explains: on a failure it takes longer than all the rest.
FAST = settings(
    max_examples=1000, suppress_health_check=list(HealthCheck),
    phases=set(Phase) - {Phase.explain},
)  # fmt: skip
SEED, SHARDS = 20261129, 10


@dataclass(frozen=True, kw_only=True, repr=False)
class House:
    """A genuine bundle, the trust that pins its keys, and a file to write cases to."""

    genuine: Genuine
    key: bytes
    toml: bytes
    trust: Trust
    target: Path

    def __repr__(self) -> str:
        return "House()"  # its bytes would drown the case that failed


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    return house_in(tmp_path_factory.mktemp("fuzzed"), rows_made=48)


@pytest.fixture(scope="module")
def told_house(tmp_path_factory: pytest.TempPathFactory) -> House:
    """One with a run, a commit, logged metrics and findings."""
    return house_in(tmp_path_factory.mktemp("told"), rows_made=90, is_told=True)


def house_in(folder: Path, **how: Any) -> House:
    genuine = genuine_bundle(folder / "made", **how)
    pems = [s.public.pem().decode() for s in (genuine.right, genuine.colleague)]
    toml = (
        f'version = 1\nas_of = "2026-11-20"\n[[signer]]\nname = "release"\nkey = """{pems[0]}"""\n'
        f'roles = ["sealer"]\n[[signer]]\nname = "Ada"\nkey = """{pems[1]}"""\n'
        'roles = ["approver", "validator"]\nvalid_until = 2099-12-31\n'
    ).encode()
    path = folder / "trust.toml"
    path.write_bytes(toml)
    return House(
        genuine=genuine, key=raw(genuine.right), toml=toml, trust=read_trust(path),
        target=folder / "case.evidence.zip",
    )  # fmt: skip


def raw(signer: LocalSigner) -> bytes:
    """The 32 bytes of a signer's public key."""
    key = load_pem_public_key(signer.public.pem())
    assert isinstance(key, Ed25519PublicKey)
    return key.public_bytes_raw()


@contextmanager
def within_five_seconds() -> Iterator[None]:
    """Of the processor's time, which a machine that stands still does not use up."""

    def stop(*_: object) -> None:
        raise TimeoutError(f"more than {LONGEST_S} s")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, LONGEST_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def judged(house: House, archive: bytes, trust: Trust | None) -> Verdict:
    """The verdict, of a documented word and code, and its lines, in which nothing acts."""
    house.target.write_bytes(archive)
    with within_five_seconds():
        verdict = verify_bundle(house.target, trust=trust)
        lines = "\n".join(verdict_lines(verdict, quiet=False))
        verdict.model_dump_json()
    assert WORDS[verdict.exit_code] == verdict.word
    acting = {c for c in lines if unicodedata.category(c) in ("Cc", "Cf", "Cs") and c != "\n"}
    assert not acting - {"\x1b"}, acting
    return verdict


def check(house: House, archive: bytes, trust: Trust | None, *, is_signed_anew: bool) -> None:
    """The property, with the key pinned, or with no key given."""
    verdict = judged(house, archive, trust)
    event(verdict.word)
    if verdict.exit_code not in (0, 3):
        return
    assert verdict.exit_code == (3 if trust is None else 0)
    assert plain_judge.faults(archive, key=None if trust is None else house.key) == []
    if trust is None:
        return
    _, entries = read_entries(house.target)
    check_weighed(house, verdict, entries)
    if not is_signed_anew:
        assert without_statements(entries) == without_statements(house.genuine.entries)


def check_weighed(house: House, verdict: Verdict, entries: Entries) -> None:
    """A decision or recheck that counts was signed by the key that is said to have signed it."""
    files = {plain_judge.sha256(c): c for n, c in entries if n.startswith("signatures/")}
    counted = verdict.decisions.counted if verdict.decisions else ()
    rechecked = verdict.rechecks.counted if verdict.rechecks else ()
    keys = {"Ada": raw(house.genuine.colleague), "release": house.key}
    for one, about in (
        *((d, verdict.root) for d in counted), *((r, verdict.evidence_id) for r in rechecked),
    ):  # fmt: skip
        said = plain_judge.made_by(files[one.statement], keys[one.by])
        assert said is not None
        assert said["subject"][0]["digest"]["sha256"] == about


def without_statements(entries: Entries) -> Entries:
    return [(n, c) for n, c in entries if not n.startswith("signatures/")]


def check_case(house: House, case: Case) -> None:
    anew = case.signing in ("right", "both") or any(s.by == "right" for s in case.statements)
    check(house, made(case, house.genuine), house.trust, is_signed_anew=anew)


def check_archive(house: House, edits: tuple[ArchiveEdit, ...], trust: Trust | None) -> None:
    full = [(f"{house.genuine.folder}/{n}", c) for n, c in house.genuine.entries]
    check(house, rewritten(full, edits), trust, is_signed_anew=False)


def check_trust(house: House, edits: list[Edit]) -> None:
    toml = house.toml
    for edit in edits:
        toml = edit.of(toml)
    path = house.target.with_name("changed.toml")
    path.write_bytes(toml)
    try:
        with within_five_seconds():
            trust = read_trust(path)
    except AffidavitError as error:
        if error.exit_code != 2:
            raise
        return
    if judged(house, house.genuine.archive, trust).exit_code == 0:
        assert plain_judge.pins(toml, house.key)


# ---- the cases of every run


def test_the_genuine_bundle_passes_both_judges(house: House, told_house: House) -> None:
    for one in (house, told_house):
        assert judged(one, one.genuine.archive, one.trust).exit_code == 0
        assert plain_judge.faults(one.genuine.archive, key=one.key) == []
        assert plain_judge.pins(one.toml, one.key)
        assert judged(one, one.genuine.archive, None).exit_code == 3


@given(case=cases())
@FAST
def test_no_changed_content_is_believed(house: House, case: Case) -> None:
    check_case(house, case)


@given(edits=archive_edits(), is_pinned=st.booleans())
@settings(FAST, max_examples=700)
def test_no_changed_archive_is_believed(
    house: House, edits: tuple[ArchiveEdit, ...], is_pinned: bool
) -> None:
    check_archive(house, edits, house.trust if is_pinned else None)


@given(edits=st.lists(edits_of("trust.toml"), min_size=1, max_size=2))
@settings(FAST, max_examples=300)
def test_no_changed_trust_trusts_more(house: House, edits: list[Edit]) -> None:
    check_trust(house, edits)


# ---- the hundred thousand of the slow run


@pytest.mark.slow
@pytest.mark.parametrize("shard", range(SHARDS))
def test_none_of_100_000_is_believed(house: House, told_house: House, shard: int) -> None:
    """A shard has 10,000 cases: six in ten change contents, three the archive, one the trust."""
    one = told_house if shard % 3 == 2 else house
    for name, strategy, share, run in (
        ("contents", cases(), 6000, check_case),
        ("archive", st.tuples(archive_edits(), st.booleans()), 3000, _either),
        ("trust", st.lists(edits_of("trust.toml"), min_size=1, max_size=2), 1000, check_trust),
    ):
        run_all(one, strategy, share, run, f"{SEED}/{shard}/{name}")


def _either(house: House, drawn: tuple[tuple[ArchiveEdit, ...], bool]) -> None:
    edits, is_pinned = drawn
    check_archive(house, edits, house.trust if is_pinned else None)


def run_all(
    house: House, strategy: st.SearchStrategy[Any], share: int, run: Callable[..., None], start: str
) -> None:
    """So many cases from a start of their own, the same on every machine."""

    @seed(start)
    @settings(FAST, max_examples=share, database=None)
    @given(strategy)
    def each(drawn: Any) -> None:
        run(house, drawn)

    each()
