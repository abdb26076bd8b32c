"""When a seal was there: what a timestamp makes of certificates, windows and revocations.

Each refusal stands beside what passes: one fact differs.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from tests.support.bundles import BundleBuilder
from tests.support.clock import CLOCK_WISH, Clock, signature_of, stamped
from tests.support.pki import DAY, NOW, Holder, Pki, Wish

from affidavit.bundle.certificate import read_certificate
from affidavit.bundle.statement import parse_signed, statement_name
from affidavit.cli.verdict_lines import verdict_lines
from affidavit.errors import ConfigError
from affidavit.seal.certificates import CertificateSigner
from affidavit.verify import Trust, Verdict, read_trust, verify_bundle

PKI, CLOCK = Pki.make(), Clock.make()
ENDED = PKI.release(Wish(begin=NOW - 10 * DAY, end=NOW - 5 * DAY))
THEN = NOW - 7 * DAY


@dataclass
class World:
    """One bundle, sealed by a key; and trust files beside it."""

    plain: BundleBuilder
    folder: Path

    def seal(self, *stamps: bytes, holder: Holder | None = None) -> Path:
        """Sealed by the key of the bundle, or with a certificate; with these timestamps."""
        return self.pack(stamped(self.statement(holder), *stamps))

    def statement(self, holder: Holder | None = None) -> bytes:
        name = next(n for n, _ in self.plain.entries if n.startswith("signatures/"))
        content = self.plain.read(name)
        if holder is None:
            return content
        signer = CertificateSigner(holder.key, read_certificate(holder.der, "c"), "key.pem")
        return signer.sign(parse_signed(content, name).payload)

    def pack(self, *seals: bytes) -> Path:
        entries = [(n, c) for n, c in self.plain.entries if not n.startswith("signatures/")]
        named = sorted((statement_name("seal", c), c) for c in seals)
        return self.plain.pack([*entries, *named])

    def trust(self, *more: str, window: tuple[str, ...] = (), clock: Clock | None = CLOCK) -> Trust:
        PKI.write(self.folder, ENDED)
        lines = PKI.trust_lines(self.folder)
        key = ["[[signer]]", 'name = "key"', f'key = "{self.plain.public_key}"',
               'roles = ["sealer"]', *window]  # fmt: skip
        clocks: list[str] = []
        if clock is not None:
            (self.folder / "clock.pem").write_text(clock.root.pem)
            clocks = ["[[timestamp]]", 'name = "clock"', 'roots = "clock.pem"']
        top = [
            line for line in more if " = " in line and line.split(" = ")[0].startswith("required")
        ]
        tables = [line for line in more if line not in top]
        path = self.folder / "trust.toml"
        path.write_text("\n".join([lines[0], *top, *lines[1:], *key, *clocks, *tables]))
        return read_trust(path)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> BundleBuilder:
    return BundleBuilder(tmp_path_factory.mktemp("timed"))


@pytest.fixture
def world(plain: BundleBuilder, tmp_path: Path) -> World:
    return World(plain=plain, folder=tmp_path)


def judged(path: Path, trust: Trust | None, now: datetime = NOW) -> Verdict:
    return verify_bundle(path, trust=trust, now=now)


def stamp(content: bytes, at: datetime = THEN, clock: Clock = CLOCK) -> bytes:
    return clock.stamp(signature_of(content), at)


# ---- a certificate that has ended


def test_a_certificate_that_has_ended_counts_by_a_timestamp_of_its_days(world: World) -> None:
    content = world.statement(ENDED)

    without = judged(world.pack(content), world.trust())
    verdict = judged(world.pack(stamped(content, stamp(content))), world.trust())

    assert (without.exit_code, [c.id for c in without.failed]) == (1, ["signer"])
    assert "it ended on" in without["signer"].what
    assert (verdict.exit_code, verdict["timestamp"].status) == (0, "passed")
    assert verdict.seal is not None
    assert (verdict.seal.time, verdict.seal.time_by) == (THEN.isoformat(), "clock")
    assert "by the clock of clock" in " ".join(verdict_lines(verdict))


@pytest.mark.parametrize(
    ("at", "clock", "why"),
    [
        (NOW - DAY, CLOCK, "it ended on"),
        (NOW - 20 * DAY, CLOCK, "it begins on"),
        (THEN, Clock.make(), "it ended on"),
        (THEN, Clock(root=CLOCK.root, holder=PKI.release()), "it ended on"),
        (NOW + DAY, CLOCK, "it ended on"),
    ],
    ids=["after its end", "before its begin", "an unknown clock", "no clock's", "to come"],
)
def test_no_other_timestamp_helps_it(at: datetime, clock: Clock, why: str, world: World) -> None:
    content = world.statement(ENDED)

    verdict = judged(world.pack(stamped(content, stamp(content, at, clock))), world.trust())

    assert (verdict.exit_code, [c.id for c in verdict.failed]) == (1, ["signer"])
    assert why in verdict["signer"].what


def test_a_clock_that_nobody_named_is_none(world: World) -> None:
    content = world.statement(ENDED)
    path = world.pack(stamped(content, stamp(content)))

    assert judged(path, world.trust()).exit_code == 0
    assert judged(path, world.trust(clock=None)).exit_code == 1


def test_a_clock_outside_its_own_window_says_nothing(world: World) -> None:
    old = Clock.make(Wish(**{**vars(CLOCK_WISH), "end": NOW - 8 * DAY}))
    content = world.statement(ENDED)
    path = world.pack(stamped(content, stamp(content, THEN, old)))

    verdict = judged(path, world.trust(clock=old))

    assert verdict.exit_code == 1
    assert verdict.seal is not None
    assert "clock: the certificate of its authority: it ended on" in str(verdict.seal.time_note)


def test_the_earliest_of_several_counts(world: World) -> None:
    content = world.statement(ENDED)
    late = stamp(content, NOW - DAY)

    both = judged(world.pack(stamped(content, late, stamp(content))), world.trust())

    assert both.seal is not None
    assert both.seal.time == THEN.isoformat()


# ---- a timestamp that is false refutes, whoever made it


def test_a_timestamp_of_another_signature_refutes(world: World) -> None:
    content, other = world.statement(), world.statement(ENDED)
    good, false = stamp(content), stamp(other)

    assert judged(world.seal(good), world.trust()).exit_code == 0
    for given in (world.trust(), world.trust(clock=None), None):
        verdict = judged(world.seal(false), given)
        assert (verdict.exit_code, verdict["timestamp"].status) == (1, "failed")
        assert "is of something else" in verdict["timestamp"].what
    assert judged(world.seal(good, false), world.trust()).exit_code == 1


def test_a_timestamp_that_cannot_be_read_refutes(world: World) -> None:
    verdict = judged(world.seal(stamp(world.statement())[:-1]), world.trust())

    assert (verdict.exit_code, verdict["timestamp"].status) == (1, "failed")


# ---- windows of keys


@pytest.mark.parametrize(
    ("window", "with_time", "expected"),
    [
        (("valid_from = 2020-01-01",), False, 0),
        ((f"valid_until = {NOW:%Y-%m-%d}",), False, 0),
        ((f"valid_until = {NOW - 5 * DAY:%Y-%m-%d}",), False, 1),
        ((f"valid_until = {NOW - 5 * DAY:%Y-%m-%d}",), True, 0),
        ((f"valid_until = {NOW - 9 * DAY:%Y-%m-%d}",), True, 1),
        ((f"valid_from = {NOW - 5 * DAY:%Y-%m-%d}",), False, 0),
        ((f"valid_from = {NOW - 5 * DAY:%Y-%m-%d}",), True, 1),
        ((f"valid_from = {NOW + DAY:%Y-%m-%dT%H:%M:%SZ}",), False, 1),
    ],
)
def test_a_key_counts_within_its_window(
    window: tuple[str, ...], with_time: bool, expected: int, world: World
) -> None:
    """At the time that is proved, else now: an expired stolen key makes nothing new."""
    path = world.seal(*([stamp(world.statement())] if with_time else []))

    verdict = judged(path, world.trust(window=window))

    assert verdict.exit_code == expected
    if expected:
        assert "the key of key does not count" in verdict["signer"].what


@pytest.mark.parametrize(("ends", "expected"), [(THEN - DAY, 1), (THEN + DAY, 0)])
def test_as_of_a_day_before_its_timestamp_the_key_has_to_count_at_both(
    ends: datetime, expected: int, world: World
) -> None:
    """Nobody knows that the signature was there before the clock says so."""
    path = world.seal(stamp(world.statement()))
    trust = world.trust(window=(f"valid_until = {ends:%Y-%m-%d}",))

    today, before = judged(path, trust), judged(path, trust, THEN - 3 * DAY)

    assert (today.exit_code, before.exit_code) == (expected, expected)
    assert before.seal is not None
    assert before.seal.time is None
    if expected:
        assert "the key of key does not count then" in before["signer"].what
    assert judged(world.seal(), trust, THEN - 3 * DAY).exit_code == 0  # without, only its own day


def test_as_of_a_day_before_its_timestamp_a_certificate_has_to_count_at_both(world: World) -> None:
    content = world.statement(ENDED)
    late = world.pack(stamped(content, stamp(content, NOW - DAY)))
    within = world.pack(stamped(content, stamp(content)))

    assert judged(within, world.trust(), THEN - DAY).exit_code == 0
    verdict = judged(late, world.trust(), THEN - DAY)
    assert (verdict.exit_code, [c.id for c in verdict.failed]) == (1, ["signer"])
    assert "it ended on" in verdict["signer"].what


# ---- revocations


@pytest.mark.parametrize(
    ("revoked_at", "with_time", "expected"),
    [
        (NOW - 3 * DAY, True, 0),
        (NOW - 3 * DAY, False, 1),
        (NOW - 9 * DAY, True, 1),
        (None, True, 1),
    ],
)
def test_a_revocation_spares_only_what_was_proved_to_be_there_before(
    revoked_at: datetime | None, with_time: bool, expected: int, world: World
) -> None:
    assert world.plain.signer is not None
    lines = ["[[revoked]]", f'fingerprint = "{world.plain.signer.fingerprint()}"',
             'reason = "stolen"']  # fmt: skip
    if revoked_at:
        lines.append(f"revoked_at = {revoked_at:%Y-%m-%dT%H:%M:%SZ}")
    path = world.seal(*([stamp(world.statement())] if with_time else []))

    verdict = judged(path, world.trust(*lines))

    assert verdict.exit_code == expected
    assert [c.id for c in verdict.failed] == (["revoked"] if expected else [])


# ---- a time that is required


def test_a_required_timestamp_has_to_be_there_and_trusted(world: World) -> None:
    content = world.statement()
    required = world.trust("required_timestamp = true")
    unknown = stamp(content, clock=Clock.make())

    assert judged(world.seal(stamp(content)), required).exit_code == 0
    for path in (world.seal(), world.seal(unknown)):
        assert judged(path, world.trust()).exit_code == 0
        verdict = judged(path, required)
        assert (verdict.exit_code, [c.id for c in verdict.failed]) == (1, ["timestamp"])


def test_what_a_timestamp_does_not_prove_is_said(world: World) -> None:
    verdict = judged(world.seal(stamp(world.statement(), clock=Clock.make())), world.trust())

    assert verdict.exit_code == 0
    said = " ".join(" ".join(verdict_lines(verdict)).split())
    assert "no trusted time" in said
    assert "its timestamp proves nothing" in said


# ---- several signers


def test_as_many_signers_as_are_required(world: World) -> None:
    holder = PKI.release()
    by_key, by_name = world.statement(), world.statement(holder)
    two = world.trust("required = 2")

    assert judged(world.pack(by_key), world.trust()).exit_code == 0
    verdict = judged(world.pack(by_key, by_name), two)
    assert verdict.exit_code == 0
    assert "key and release are pinned as sealer" in verdict["signer"].what
    assert "release (key" in " ".join(verdict_lines(verdict))
    one = judged(world.pack(by_key), two)
    assert (one.exit_code, one["signer"].expected, one["signer"].found) == (1, "2 sealers", "key")


def test_one_signer_twice_is_one(world: World) -> None:
    """By two certificates, by two signatures, or one key under two names."""
    first, second = world.statement(PKI.release()), world.statement(PKI.release())
    two = world.trust("required = 2")

    assert judged(world.pack(first, second), two).exit_code == 1
    content = world.statement()
    assert judged(world.pack(content, stamped(content, stamp(content))), two).exit_code == 1
    twice = ["[[signer]]", 'name = "another"', f'key = "{world.plain.public_key}"',
             'roles = ["sealer"]']  # fmt: skip
    with pytest.raises(ConfigError, match="the key of another is that of key too"):
        world.trust("required = 2", *twice)


def test_a_revoked_or_untimed_signer_is_not_counted(world: World) -> None:
    by_key, by_name = world.statement(), world.statement(PKI.release())
    timed = stamped(by_name, stamp(by_name, NOW - DAY))
    assert world.plain.signer is not None
    revoked = ["[[revoked]]", f'fingerprint = "{world.plain.signer.fingerprint()}"',
               'reason = "stolen"']  # fmt: skip

    assert judged(world.pack(by_key, timed), world.trust("required = 2")).exit_code == 0
    assert judged(world.pack(by_key, timed), world.trust("required = 2", *revoked)).exit_code == 1
    both = world.trust("required = 2", "required_timestamp = true")
    assert judged(world.pack(by_key, timed), both).exit_code == 1
    assert judged(world.pack(stamped(by_key, stamp(by_key, NOW - DAY)), timed), both).exit_code == 0


@pytest.mark.parametrize(
    ("more", "fault"),
    [
        (["required = 0"], "required: expected a number from 1 to 16, found 0"),
        (["required = true"], "required: expected a number from 1 to 16, found True"),
        (['required_timestamp = "yes"'], "required_timestamp: expected true or false"),
        (["[[timestamp]]", 'name = "clock"', 'roots = "clock.pem"'], "'clock' is there twice"),
        (["[[timestamp]]", 'name = "x"', 'roots = "trust.toml"'], "holds no certificate in PEM"),
    ],
)
def test_a_fault_in_trust_is_named(more: list[str], fault: str, world: World) -> None:
    assert world.trust().clocks[0].name == "clock"

    with pytest.raises(ConfigError) as refused:
        world.trust(*more)

    assert fault in refused.value.what


@pytest.mark.parametrize(
    ("window", "fault"),
    [
        (("valid_from = 2026-02-01", "valid_until = 2026-01-01"), "lies before valid_from"),
        (("valid_until = 2026-01-01T00:00:00",), "valid_until expected a day such as"),
        (('valid_until = "2026-01-01"',), "valid_until expected a day such as"),
    ],
)
def test_a_fault_in_a_window_is_named(window: tuple[str, ...], fault: str, world: World) -> None:
    with pytest.raises(ConfigError) as refused:
        world.trust(window=window)

    assert fault in refused.value.what


def test_a_time_is_required_only_by_somebodys_clock(world: World) -> None:
    with pytest.raises(ConfigError, match="says whose clock counts"):
        world.trust("required_timestamp = true", clock=None)
