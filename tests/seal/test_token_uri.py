"""Which key of which token an address means; needs no token."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from affidavit.errors import MissingExtra, UsageError
from affidavit.seal import Access, open_signer
from affidavit.seal.address import parse_address
from affidavit.seal.token_uri import read_token_uri

GOOD = "pkcs11:token=The%20bank;id=%01%ff;object=release;type=private?module-path=/m.so"


def test_the_attributes_are_read_and_decoded() -> None:
    found = read_token_uri(parse_address(GOOD), {})

    assert (found.token, found.object, found.id) == ("The bank", "release", b"\x01\xff")
    assert (found.module, found.pin_file, found.serial) == ("/m.so", None, None)


def test_the_module_may_come_from_the_environment() -> None:
    address = parse_address("pkcs11:serial=12;id=%01")

    assert read_token_uri(address, {"AFFIDAVIT_PKCS11_MODULE": "/e.so"}).module == "/e.so"
    with pytest.raises(UsageError, match="names no module"):
        read_token_uri(address, {})


@pytest.mark.parametrize(
    ("source", "path"),
    [("/etc/pin", "/etc/pin"), ("file:pin.txt", "pin.txt"), ("file:///etc/pin", "/etc/pin")],
)
def test_a_pin_is_read_from_a_file(source: str, path: str) -> None:
    found = read_token_uri(parse_address(f"{GOOD}&pin-source={source}"), {})

    assert found.pin_file == Path(path)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("pkcs11:token=a;object=b;slot-id=1?module-path=/m", "unknown attribute 'slot-id'"),
        ("pkcs11:token=a;token=b;object=c?module-path=/m", "token is given twice"),
        ("pkcs11:token=;object=c?module-path=/m", "or empty"),
        ("pkcs11:token=a?module-path=/m", "names no token, or no key"),
        ("pkcs11:object=a?module-path=/m", "names no token, or no key"),
        ("pkcs11:token=a;object=b;type=cert?module-path=/m", "type=cert"),
        (f"{GOOD}&pin-source=|cat%20pin", "pin-source is no file"),
        (f"{GOOD}&pin-source=http://pins", "pin-source is no file"),
        (f"{GOOD}&colour=red", "unknown parameter 'colour'"),
    ],
)
def test_what_would_have_to_be_ignored_is_refused(text: str, what: str) -> None:
    with pytest.raises(UsageError) as refused:
        open_signer(text, Access())

    assert what in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        "pkcs11:token=a;object=b?pin-value=1234",
        "pkcs11:token=a;pin-value=1234;object=b",
        "pkcs11:token=a;PIN=1234?",
        "pkcs11:token=a;object=b?module-path=/m;pin-value=1234",
        "pkcs11:pin%2Dvalue=1234",
    ],
)
def test_a_pin_in_the_address_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(UsageError, match="a secret has no place in it") as refused:
        open_signer(text, Access())

    assert "1234" not in f"{refused.value} {refused.value.fix}"


def test_without_the_extra_the_install_command_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pkcs11", None)

    with pytest.raises(MissingExtra) as refused:
        open_signer(GOOD, Access())

    assert refused.value.fix == "pip install 'affidavit[pkcs11]'"
