"""When a key counts: its window, what a revocation spares, and whose clock is asked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.support.bundles import BundleBuilder
from tests.verify.test_trust import signer, write_trust

from affidavit.bundle import layout
from affidavit.cli.verdict_lines import verdict_lines
from affidavit.errors import ConfigError
from affidavit.verify import Verdict, join, read_keys, read_trust, verify_bundle
from affidavit.verify.windows import ALWAYS, Window, clock, moment_text, parse_time

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def verified(builder: BundleBuilder, folder: Path, *lines: str, now: datetime = NOW) -> Verdict:
    path = write_trust(folder, "version = 1", *signer(builder, "sealer"), *lines)
    return verify_bundle(builder.path, trust=read_trust(path), now=now)


def test_a_key_counts_within_its_window_both_ends_included(
    sealed: BundleBuilder, tmp_path: Path
) -> None:
    window = ("valid_from = 2026-11-20", "valid_until = 2026-11-20")

    assert verified(sealed, tmp_path, *window).exit_code == 0
    for now, word in ((NOW - DAY, "from 2026-11-20"), (NOW + DAY, "until 2026-11-20")):
        verdict = verified(sealed, tmp_path, *window, now=now)
        assert verdict.exit_code == 1
        assert [c.id for c in verdict.failed] == ["signer"]
        assert word in verdict["signer"].what
        assert "no time is proved" in verdict["signer"].what


def test_a_stolen_key_that_ended_cannot_date_its_seal_back(
    sealed: BundleBuilder, tmp_path: Path
) -> None:
    """The seal says a day within the window. That is the word of whoever holds the key."""
    predicate = sealed.predicate() | {"finished_on": "2020-01-02T00:00:00Z"}
    path = write_trust(
        tmp_path, "version = 1", *signer(sealed, "sealer"), "valid_until = 2020-12-31"
    )

    verdict = verify_bundle(sealed.resign(predicate=predicate), trust=read_trust(path), now=NOW)

    assert [c.id for c in verdict.failed] == ["signer"]


def test_without_trusted_time_a_revocation_to_come_refuses_too(
    sealed: BundleBuilder, tmp_path: Path
) -> None:
    lines = ("[[revoked]]", f'fingerprint = "{sealed.signer.fingerprint()}"',
             'reason = "laptop stolen"')  # fmt: skip

    for at in ("revoked_at = 2030-01-01", "revoked_at = 2020-01-01T10:00:00Z"):
        verdict = verified(sealed, tmp_path, *lines, at)
        assert [c.id for c in verdict.failed] == ["revoked"]
        assert verdict["revoked"].found == "laptop stolen"


def test_a_revoked_key_takes_nothing_from_what_another_signed(
    sealed: BundleBuilder, tmp_path: Path
) -> None:
    """Two keys seal the same payload; one of them is revoked, or its file is."""
    other = sealed.other_signer()
    bundle = sealed.add_statement("seal", sealed.predicate(), signer=other)
    pem = other.public.pem().decode()
    both = (
        "version = 1", *signer(sealed, "sealer"), "[[signer]]", 'name = "second"',
        f'key = """{pem}"""', 'roles = ["sealer"]', "[[revoked]]", 'reason = "left"',
    )  # fmt: skip

    by_key = write_trust(tmp_path, *both, f'fingerprint = "{other.fingerprint()}"')
    verdict = verify_bundle(bundle, trust=read_trust(by_key))

    assert verdict.exit_code == 0
    assert verdict.seal is not None
    assert verdict.seal.by == "release"
    seal = next(s.sha256 for s in verdict.statements if s.by == "second")
    by_file = write_trust(tmp_path, *both, f'statement = "{seal}"')
    assert [c.id for c in verify_bundle(bundle, trust=read_trust(by_file)).failed] == ["revoked"]


def test_an_answer_by_a_key_out_of_its_window_is_not_weighed(
    sealed: BundleBuilder, tmp_path: Path
) -> None:
    vera = sealed.other_signer()
    about = (layout.EVIDENCE, sealed.sealed.evidence_id)
    bundle = sealed.add_statement("attestation", {}, signer=vera, subject=about)
    pem = vera.public.pem().decode()
    path = write_trust(
        tmp_path, "version = 1", *signer(sealed, "sealer"), "[[signer]]", 'name = "Vera"',
        f'key = """{pem}"""', 'roles = ["validator"]', "valid_until = 2026-01-31",
    )  # fmt: skip

    verdict = verify_bundle(bundle, trust=read_trust(path), now=NOW)

    assert verdict.exit_code == 0
    assert verdict.now is not None
    (left,) = verdict.now.not_weighed
    assert left.why == (
        "the key of Vera does not count now, and no time is proved: trust.toml has it until "
        "2026-01-31"
    )


def test_says_aloud_that_a_key_is_near_its_end(sealed: BundleBuilder, tmp_path: Path) -> None:
    near = verified(sealed, tmp_path, "valid_until = 2026-12-19")
    far = verified(sealed, tmp_path, "valid_until = 2027-12-19")

    assert near.exit_code == far.exit_code == 0
    assert far.warnings == ()
    assert "counts until 2026-12-19, 29 more days" in near.warnings[0]
    assert "29 more days" in " ".join(" ".join(verdict_lines(near)).split())


def test_the_day_that_the_reader_gives_is_their_now(sealed: BundleBuilder, tmp_path: Path) -> None:
    path = write_trust(
        tmp_path, "version = 1", *signer(sealed, "sealer"), "valid_until = 2026-01-31"
    )
    trust = read_trust(path)

    assert verify_bundle(sealed.path, trust=trust, as_of="2026-01-31").exit_code == 0
    assert verify_bundle(sealed.path, trust=trust, as_of="2026-02-01").exit_code == 1


def test_a_key_given_by_file_does_not_outlive_the_window_in_trust_toml(
    sealed: BundleBuilder, tmp_path: Path
) -> None:
    path = write_trust(
        tmp_path, "version = 1", *signer(sealed, "approver"), "valid_until = 2026-01-31",
        'identities = ["r@bank.example"]',
    )  # fmt: skip

    trust = join((read_keys((sealed.public_key,)), read_trust(path)))

    assert trust is not None
    (key,) = trust.keys
    assert (key.name, key.roles) == ("release", frozenset({"sealer", "approver"}))
    assert key.identities == ("r@bank.example",)
    assert [c.id for c in verify_bundle(sealed.path, trust=trust, now=NOW).failed] == ["signer"]


@pytest.mark.parametrize(
    ("line", "fault"),
    {
        "no day": ('valid_until = "soon"', "valid_until expected a day such as 2026-11-20"),
        "no zone": ("valid_from = 2026-11-20T09:00:00", "valid_from expected a day"),
        "a number": ("valid_from = 2026", "valid_from expected a day"),
        "upside down": (
            "valid_from = 2026-11-20\nvalid_until = 2026-11-19", "valid_until lies before",
        ),
    }.values(),
)  # fmt: skip
def test_refuses_a_window_that_cannot_be(
    sealed: BundleBuilder, tmp_path: Path, line: str, fault: str
) -> None:
    path = write_trust(tmp_path, "version = 1", *signer(sealed, "sealer"), line)

    with pytest.raises(ConfigError, match=fault):
        read_trust(path)


def test_refuses_one_key_in_two_tables(sealed: BundleBuilder, tmp_path: Path) -> None:
    """Of the second one, roles and window would be ignored."""
    path = write_trust(
        tmp_path, "version = 1", *signer(sealed, "sealer"), *signer(sealed, "approver")
    )

    with pytest.raises(ConfigError, match="is that of release too"):
        read_trust(path)


def test_a_day_is_all_of_it_in_utc() -> None:
    first = parse_time("2026-11-20")
    last = parse_time("2026-11-20", is_end=True)

    assert (first, last) == (
        datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 11, 20, 23, 59, 59, 999999, tzinfo=UTC),
    )  # fmt: skip
    assert (moment_text(first), moment_text(last)) == ("2026-11-20", "2026-11-20")
    assert moment_text(parse_time("2026-11-20T10:30:00+01:00", is_end=True)) == (
        "2026-11-20 09:30 UTC"
    )
    assert clock("2026-11-20") == last
    assert ALWAYS.why_not_at(NOW) is None
    assert Window(end=NOW).days_left(NOW + DAY) is None
