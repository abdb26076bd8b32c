"""`--max-age` and `--as-of`: how old a seal is, and by whose word."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.support.bundles import BundleBuilder
from tests.support.clock import Clock, signature_of, stamped
from tests.support.pki import AUTHORITY, DAY, NOW, Wish, issue

from affidavit.bundle.layout import TAG_MANIFEST
from affidavit.bundle.statement import statement_bytes, statement_name
from affidavit.cli.main import cli
from affidavit.cli.verdict_lines import verdict_lines
from affidavit.errors import UsageError
from affidavit.verify import Trust, Verdict, read_keys, read_trust, verify_bundle
from affidavit.verify.age import parse_age

SAID = datetime(2026, 11, 23, 10, 0, 9, tzinfo=UTC)  # what the builder's seals say
CLOCK = Clock.make()


def timed(builder: BundleBuilder, at: datetime, content: bytes | None = None) -> Path:
    """The same seal with a genuine timestamp of any time."""
    name = next(n for n, _ in builder.entries if n.startswith("signatures/"))
    seal = content or builder.read(name)
    seal = stamped(seal, CLOCK.stamp(signature_of(seal), at))
    kept = [(n, c) for n, c in builder.entries if not n.startswith("signatures/")]
    return builder.pack([*kept, (statement_name("seal", seal), seal)])


def trust_of(builder: BundleBuilder, folder: Path, clock: Clock = CLOCK, more: str = "") -> Trust:
    (folder / "clock.pem").write_text(clock.root.pem)
    path = folder / "trust.toml"
    path.write_text(
        f'version = 1\n{more}[[signer]]\nname = "release"\nkey = "{builder.public_key}"\n'
        'roles = ["sealer"]\n[[timestamp]]\nname = "clock"\nroots = "clock.pem"\n'
    )
    return read_trust(path)


def aged(path: Path, trust: Trust | None, now: datetime, most: str = "30") -> Verdict:
    return verify_bundle(path, trust=trust, now=now, max_age=most)


def test_a_seal_is_as_old_as_it_says_where_no_clock_says_when(
    sealed: BundleBuilder, pinned: Trust
) -> None:
    young = aged(sealed.path, pinned, SAID + timedelta(days=30))
    old = aged(sealed.path, pinned, SAID + timedelta(days=30, hours=1))

    assert (young.exit_code, young["max-age"].status) == (0, "passed")
    told = " ".join(" ".join(verdict_lines(young)).split())
    assert "age 30 days old, as the seal itself says: no clock that you trust" in told
    assert (old.exit_code, old.word) == (1, "NOT VERIFIED")
    assert [(c.id, c.what, c.expected) for c in old.failed] == [
        ("max-age", "the seal is 30 days old", "at most 30 days")
    ]


def test_refuses_an_old_seal_that_was_stamped_again_today(
    sealed: BundleBuilder, tmp_path: Path
) -> None:
    """Anybody can have an old signature stamped again; the seal's own time stays."""
    trust, now = trust_of(sealed, tmp_path), SAID + timedelta(days=60)

    again = aged(timed(sealed, now - DAY), trust, now)
    twin = aged(timed(sealed, now - DAY), trust, now, "61")

    assert [(c.id, c.what) for c in again.failed] == [("max-age", "the seal is 60 days old")]
    assert "clock stamped it on" in (again["max-age"].found or "")
    assert (twin.exit_code, twin["max-age"].status) == (0, "passed")


def test_refuses_a_seal_that_says_a_later_day_than_its_timestamp(
    sealed: BundleBuilder, tmp_path: Path
) -> None:
    trust, now = trust_of(sealed, tmp_path), SAID + timedelta(days=1)

    verdict = aged(timed(sealed, now - 40 * DAY), trust, now)

    assert [(c.id, c.what) for c in verdict.failed] == [("max-age", "the seal is 40 days old")]
    assert aged(timed(sealed, now), trust, now).exit_code == 0


def test_refuses_a_seal_from_the_future(sealed: BundleBuilder, pinned: Trust) -> None:
    verdict = aged(sealed.path, pinned, SAID - timedelta(hours=1))

    assert [(c.id, c.what) for c in verdict.failed] == [
        ("max-age", "the seal says a time that has not come yet")
    ]
    assert aged(sealed.path, pinned, SAID - timedelta(minutes=5)).exit_code == 0


def test_an_unsigned_bundle_has_no_age(tmp_path: Path) -> None:
    unsigned = BundleBuilder(tmp_path / "u", is_signed=False)

    verdict = aged(unsigned.path, None, SAID)

    assert (verdict.word, verdict["max-age"].status) == ("UNDECIDED", "not-run")


@pytest.mark.parametrize(
    ("text", "age"),
    [("30", 720), ("30d", 720), ("12h", 12), ("2w", 336)],
)
def test_reads_an_age(text: str, age: int) -> None:
    assert parse_age(text) == timedelta(hours=age)


@pytest.mark.parametrize("text", ["", "0", "-1", "1.5d", "30 days", "1y", "999999"])
def test_refuses_what_is_no_age(text: str) -> None:
    with pytest.raises(UsageError, match="not an age"):
        parse_age(text)


def test_says_how_old_the_list_of_revocations_is(sealed: BundleBuilder, tmp_path: Path) -> None:
    dated = trust_of(sealed, tmp_path, more="as_of = 2026-11-20\n")
    undated = trust_of(sealed, tmp_path)

    def told(trust: Trust) -> str:
        verdict = verify_bundle(sealed.path, trust=trust, as_of="2026-11-29")
        return " ".join(" ".join(verdict_lines(verdict)).split())

    assert "revocations trust.toml of 20 November 2026, 9 days old" in told(dated)
    assert "trust.toml, undated: nobody knows how old it is" in told(undated)


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (9, "a root of clock in your trust is valid until"),
        (-3, "a root of clock in your trust ended on"),
        (200, None),
    ],
)
def test_says_that_a_root_of_the_trust_ends(
    sealed: BundleBuilder, tmp_path: Path, left: int, said: str | None
) -> None:
    wish = {**vars(AUTHORITY), "begin": NOW - 900 * DAY, "end": NOW + left * DAY}
    root = issue(None, Wish(**wish), name="Clock Root")

    verdict = verify_bundle(
        sealed.path, trust=trust_of(sealed, tmp_path, Clock(root=root, holder=root)), now=NOW
    )

    assert verdict.exit_code == 0
    assert [w.startswith(said) for w in verdict.warnings if said] == ([True] if said else [])
    assert bool(verdict.warnings) == (said is not None)


def test_the_command_judges_as_of_a_day(sealed: BundleBuilder, tmp_path: Path) -> None:
    trust_of(sealed, tmp_path)
    old = ["verify", str(sealed.path), "--trust", str(tmp_path / "trust.toml"), "--max-age", "30"]

    late = CliRunner().invoke(cli, [*old, "--as-of", "2027-02-01"])
    soon = CliRunner().invoke(cli, [*old, "--as-of", "2026-12-01"])

    assert (late.exit_code, soon.exit_code) == (1, 0)
    assert "the seal is 70 days old" in late.output
    assert CliRunner().invoke(cli, [*old, "--as-of", "tomorrow"]).exit_code == 2


def test_of_several_seals_the_oldest_says_how_old_the_bundle_is(
    sealed: BundleBuilder, tmp_path: Path
) -> None:
    """Whoever seals an old bundle again, beside the seal that is there, makes it no younger."""
    now, other = SAID + timedelta(days=60), sealed.other_signer()
    (tmp_path / "other.pub").write_bytes(other.public.pem())
    keys = read_keys((sealed.public_key, tmp_path / "other.pub"))
    said = sealed.predicate() | {"finished_on": f"{now - DAY:%Y-%m-%dT%H:%M:%SZ}"}
    new = other.sign(statement_bytes("seal", TAG_MANIFEST, sealed.sealed.root, said))
    both = sealed.add(statement_name("seal", new), new)
    kept = [(n, c) for n, c in sealed.entries if not n.startswith("signatures/")]
    young = sealed.pack([*kept, (statement_name("seal", new), new)])

    verdict = aged(both, keys, now)

    assert [(c.id, c.what) for c in verdict.failed] == [("max-age", "the seal is 60 days old")]
    assert aged(young, keys, now).exit_code == 0
    # The older one by nobody whom the reader knows says nothing.
    assert aged(both, read_keys((tmp_path / "other.pub",)), now).exit_code == 0
