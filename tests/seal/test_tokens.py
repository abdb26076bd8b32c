"""What a token says, without one: each of its faults as one line, each form of its public key."""

from __future__ import annotations

from pathlib import Path

import pkcs11
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from affidavit.bundle.public_key import public_key_of
from affidavit.errors import AffidavitError, KeyProblem
from affidavit.seal.token_uri import TokenKey
from affidavit.seal.tokens import _as_ours, _telling

WANTED = TokenKey(
    module="/m.so", token="bank", serial=None, object="release", id=None, pin_file=None,
    public_file=None,
)  # fmt: skip


@pytest.mark.parametrize(
    ("fault", "what"),
    [
        (pkcs11.PinIncorrect, "the PIN does not fit"),
        (pkcs11.PinLenRange, "the PIN does not fit"),
        (pkcs11.PinLocked, "too many wrong PINs have locked it"),
        (pkcs11.PinExpired, "the PIN has expired"),
    ],
)
def test_a_pin_that_does_not_open_it_is_a_problem_of_the_key(
    fault: type[Exception], what: str
) -> None:
    with (
        pytest.raises(KeyProblem, match=f"token bank cannot be unlocked: {what}") as refused,
        _telling(WANTED),
    ):
        raise fault("31415926")

    assert refused.value.fix
    assert "31415926" not in f"{refused.value} {refused.value.fix}"


@pytest.mark.parametrize("fault", [pkcs11.DeviceRemoved, pkcs11.MechanismInvalid])
def test_any_other_fault_is_undecided_and_named(fault: type[Exception]) -> None:
    with (
        pytest.raises(AffidavitError, match=f"it says {fault.__name__}") as refused,
        _telling(WANTED),
    ):
        raise fault

    assert refused.value.exit_code == 4


def p256_points() -> list[tuple[ec.EllipticCurvePublicKey, bytes]]:
    """Points in both forms; of one, x begins with the byte that its own length would be."""
    found = []
    while len(found) < 2:
        key = ec.generate_private_key(ec.SECP256R1()).public_key()
        point = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        if not found or point[1] == 63:
            found.append((key, point))
    return found


def test_a_public_key_is_read_wrapped_and_bare() -> None:
    for key, point in p256_points():
        short = key.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
        for form in (point, short, bytes([4, len(point)]) + point, bytes([4, len(short)]) + short):
            assert _as_ours(form, "k", is_edwards=False).key == key
    edwards = ed25519.Ed25519PrivateKey.generate().public_key()
    raw = edwards.public_bytes(Encoding.Raw, PublicFormat.Raw)
    for form in (raw, b"\x04\x20" + raw):
        assert _as_ours(form, "k", is_edwards=True) == public_key_of(edwards, "k")


@pytest.mark.parametrize("point", [b"", b"\x04", b"\x04\x41", b"\x04" * 65, b"\0" * 97])
def test_what_is_no_point_of_ours_is_refused(point: bytes) -> None:
    for is_edwards in (False, True):
        with pytest.raises(KeyProblem, match="found another curve"):
            _as_ours(point, "k", is_edwards=is_edwards)


def test_a_module_that_is_none_is_named(tmp_path: Path) -> None:
    from affidavit.seal import Access, open_signer

    (tmp_path / "m.so").write_text("none")

    with pytest.raises(KeyProblem, match="cannot be used") as refused:
        open_signer(f"pkcs11:token=a;object=b?module-path={tmp_path}/m.so", Access())

    assert "came with the token" in refused.value.fix
