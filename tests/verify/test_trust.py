"""Trust comes from outside: keys by file, signers and revocations by trust.toml."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from tests.support.bundles import BundleBuilder
from tests.support.payloads import sha256_of

from affidavit.errors import ConfigError, KeyProblem, UsageError
from affidavit.verify import Trust, join, read_keys, read_trust, verify_bundle


def write_trust(folder: Path, *lines: str) -> Path:
    path = folder / "trust.toml"
    path.write_text("\n".join(lines))
    return path


def signer(builder: BundleBuilder, *roles: str) -> list[str]:
    listed = ", ".join(f'"{r}"' for r in roles)
    return [
        "[[signer]]",
        'name = "release"',
        f'key = "{builder.public_key}"',
        f"roles = [{listed}]",
    ]


def test_pins_a_signer_with_a_role(sealed: BundleBuilder, tmp_path: Path) -> None:
    path = write_trust(tmp_path, "version = 1", 'as_of = "2026-11-20"', *signer(sealed, "sealer"))

    trust = read_trust(path)
    verdict = verify_bundle(sealed.path, trust=trust)

    assert trust.as_of == date(2026, 11, 20)
    assert verdict.exit_code == 0
    assert verdict.seal is not None
    assert (verdict.seal.by, verdict.seal.roles) == ("release", ("sealer",))


def test_takes_a_key_inline_or_beside_the_file(sealed: BundleBuilder, tmp_path: Path) -> None:
    pem, other = sealed.public_key.read_text(), sealed.other_signer()
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "r.pub").write_bytes(other.public.pem())
    inline = write_trust(
        tmp_path, "version = 1", "[[signer]]", 'name = "a"', f'key = """{pem}"""',
        'roles = ["sealer"]', "[[signer]]", 'name = "b"', 'key = "keys/r.pub"',
        'roles = ["approver"]',
    )  # fmt: skip

    keys = read_trust(inline).keys

    assert [k.fingerprint for k in keys] == [sealed.signer.fingerprint(), other.fingerprint()]
    assert [k.roles for k in keys] == [frozenset({"sealer"}), frozenset({"approver"})]


def test_a_pinned_key_without_the_role_does_not_seal(sealed: BundleBuilder, tmp_path: Path) -> None:
    path = write_trust(tmp_path, "version = 1", *signer(sealed, "approver"))

    verdict = verify_bundle(sealed.path, trust=read_trust(path))

    assert verdict.exit_code == 1
    assert [c.id for c in verdict.failed] == ["signer"]
    assert (verdict["signer"].expected, verdict["signer"].found) == ("sealer", "approver")


@pytest.mark.parametrize("kind", ["fingerprint", "statement"])
def test_refuses_what_was_revoked(sealed: BundleBuilder, tmp_path: Path, kind: str) -> None:
    """By the key's fingerprint, or by the sha256 of the one signed statement."""
    seal = next(c for n, c in sealed.entries if n.startswith("signatures/"))
    value = sealed.signer.fingerprint() if kind == "fingerprint" else sha256_of(seal)
    lines = ["version = 1", *signer(sealed, "sealer")]
    assert (
        verify_bundle(sealed.path, trust=read_trust(write_trust(tmp_path, *lines))).exit_code == 0
    )

    lines += ["[[revoked]]", f'{kind} = "{value}"', 'reason = "laptop stolen"']
    verdict = verify_bundle(sealed.path, trust=read_trust(write_trust(tmp_path, *lines)))

    assert verdict.exit_code == 1
    assert [c.id for c in verdict.failed] == ["revoked"]
    assert verdict["revoked"].found == "laptop stolen"


def test_revoking_another_key_changes_nothing(sealed: BundleBuilder, tmp_path: Path) -> None:
    path = write_trust(
        tmp_path, "version = 1", *signer(sealed, "sealer"), "[[revoked]]",
        f'fingerprint = "sha256:{"ab" * 32}"', 'reason = "left"',
    )  # fmt: skip

    assert verify_bundle(sealed.path, trust=read_trust(path)).exit_code == 0


def test_a_revoked_approval_is_listed_and_does_not_refute_the_seal(
    sealed: BundleBuilder, tmp_path: Path
) -> None:
    """An approver who left takes nothing from what another signed."""
    approver = sealed.other_signer()
    bundle = sealed.add_statement("approval", {}, signer=approver)
    path = write_trust(
        tmp_path, "version = 1", *signer(sealed, "sealer"), "[[revoked]]",
        f'statement = "{sha256_of(statement_in(bundle))}"', 'reason = "left"',
    )  # fmt: skip

    verdict = verify_bundle(bundle, trust=read_trust(path))

    assert verdict.exit_code == 0
    assert [(s.kind, s.revoked) for s in verdict.statements] == [
        ("approval", "left"), ("seal", None),
    ]  # fmt: skip


def statement_in(bundle: Path) -> bytes:
    from tests.support.raw_archives import read_entries

    return next(c for n, c in read_entries(bundle)[1] if n.startswith("signatures/approval-"))


def test_joins_keys_and_a_trust_file(sealed: BundleBuilder, tmp_path: Path) -> None:
    """What one source revokes, the other does not bring back."""
    path = write_trust(
        tmp_path, "version = 1", "[[revoked]]", f'fingerprint = "{sealed.signer.fingerprint()}"',
        'reason = "left"',
    )  # fmt: skip

    trust = join((read_keys((sealed.public_key,)), read_trust(path)))

    assert trust is not None
    assert trust.source == "trust.toml"
    assert [c.id for c in verify_bundle(sealed.path, trust=trust).failed] == ["revoked"]
    assert join(()) is None


def test_an_empty_trust_is_trust_in_nobody(sealed: BundleBuilder) -> None:
    """An empty trust file is not the same as none: it refuses."""
    verdict = verify_bundle(sealed.path, trust=Trust(keys=()))

    assert verdict.exit_code == 1
    assert verdict["signer"].expected == "no key is pinned as sealer"


def test_says_every_fault_of_a_trust_file_at_once(tmp_path: Path) -> None:
    path = write_trust(
        tmp_path, "version = 2", 'singer = "x"', "[[signer]]", 'name = "a"', 'role = "sealer"',
        "[[revoked]]", 'fingerprint = "short"',
    )  # fmt: skip

    with pytest.raises(ConfigError) as caught:
        read_trust(path)

    for fault in (
        "unknown key 'singer'", "version: expected 1, found 2", "signer 1: unknown key 'role'",
        "signer 1: key is missing", "revoked 1: reason is missing", "64 hexadecimal digits",
    ):  # fmt: skip
        assert fault in caught.value.what


def test_refuses_a_window_that_this_version_would_ignore(
    sealed: BundleBuilder, tmp_path: Path
) -> None:
    """A key that ends tomorrow must not become one that never ends."""
    path = write_trust(tmp_path, "version = 1", *signer(sealed, "sealer"), "not_after = 2026-01-01")

    with pytest.raises(ConfigError, match="unknown key 'not_after'"):
        read_trust(path)


def test_refuses_a_private_key(sealed: BundleBuilder) -> None:
    with pytest.raises(KeyProblem, match="is a private key"):
        read_keys((sealed.private_key,))


def test_refuses_a_trust_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_trust(tmp_path / "none.toml")


def test_verifies_a_p256_signature(tmp_path: Path) -> None:
    builder = BundleBuilder(tmp_path / "p256", kind="p256")

    assert verify_bundle(builder.path, trust=read_keys((builder.public_key,))).exit_code == 0
    other = builder.resign(builder.other_signer("p256"))
    assert verify_bundle(other, trust=read_keys((builder.public_key,))).exit_code == 1


def test_a_signer_has_the_identities_that_the_reader_gives(
    sealed: BundleBuilder, tmp_path: Path
) -> None:
    known = 'identities = ["ada@bank.example", "Ada Example"]'
    path = write_trust(tmp_path, "version = 1", *signer(sealed, "validator"), known)
    assert read_trust(path).keys[0].identities == ("ada@bank.example", "Ada Example")
    assert (
        read_trust(write_trust(tmp_path, "version = 1", *signer(sealed, "x"))).keys[0].identities
        == ()
    )

    for bad in ('identities = "ada@bank.example"', 'identities = [""]', "identities = [1]"):
        with pytest.raises(ConfigError, match="signer 1: identities expected a list"):
            read_trust(write_trust(tmp_path, "version = 1", *signer(sealed, "x"), bad))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('issuer = "https://accounts.bank.example"', "issuer says nothing of a key"),
        ('named = ["email:ada@bank.example"]', "named says nothing of a key"),
        ("named_pattern = '^email:.*$'", "named_pattern says nothing of a key"),
        ("valid_until = 0001-01-01T00:00:00+14:00", "valid_until found"),
        ("valid_from = 9999-12-31T23:00:00-14:00", "valid_from found"),
    ],
)
def test_refuses_beside_a_key_what_would_be_ignored_or_cannot_be(
    sealed: BundleBuilder, tmp_path: Path, line: str, said: str
) -> None:
    lines = ["version = 1", *signer(sealed, "sealer")]
    assert read_trust(write_trust(tmp_path, *lines)).keys

    with pytest.raises(ConfigError, match=said):
        read_trust(write_trust(tmp_path, *lines, line))


def test_refuses_a_file_name_that_no_file_has(tmp_path: Path) -> None:
    lines = ["version = 1", "[[signer]]", 'name = "a"', 'key = "a\\u0000"', 'roles = ["sealer"]']

    with pytest.raises(ConfigError, match="holds a character that no file"):
        read_trust(write_trust(tmp_path, *lines))
