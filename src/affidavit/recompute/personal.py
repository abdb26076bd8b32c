"""Why a column may hold personal data: the words of its name, and the shape of its values.

Hints, never a verdict, and never a value: a hint says how many values of a sample look like what.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Sequence
from itertools import pairwise

SAMPLE = 1000
_FEW = 2
_WORDS: dict[str, tuple[str, ...]] = {
    "a name": (
        "name", "firstname", "lastname", "surname", "forename", "fullname", "givenname", "maiden",
    ),
    "an e-mail address": ("email", "mail", "emailaddress"),
    "a telephone number": ("phone", "telephone", "tel", "mobile", "cell", "fax", "phonenumber"),
    "a day of birth": ("birth", "birthday", "birthdate", "dob", "born", "dateofbirth"),
    "an address": ("address", "street", "addr", "residence"),
    "a place": ("postcode", "postal", "zip", "zipcode", "latitude", "longitude", "geolocation"),
    "an account": ("iban", "bic", "accountnumber", "cardnumber", "pan", "creditcard"),
    "an identity number": (
        "ssn", "passport", "nino", "nationalid", "taxid", "tin", "personnummer", "aadhaar",
        "licence", "license",
    ),
    "a device or connection": ("ip", "ipaddress", "mac", "imei", "deviceid", "cookie"),
}  # fmt: skip
_PAIRS = {
    ("social", "security"): "an identity number", ("national", "id"): "an identity number",
    ("tax", "id"): "an identity number", ("account", "number"): "an account",
    ("card", "number"): "an account", ("device", "id"): "a device or connection",
}  # fmt: skip
_OF_WORD = {word: meaning for meaning, words in _WORDS.items() for word in words}
_SPLIT = re.compile(r"[^0-9A-Za-z]+|(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_EMAIL = re.compile(r"[^@\s]{1,64}@[A-Za-z0-9.-]{1,253}\.[A-Za-z]{2,24}")
_PHONE = re.compile(
    r"(\+|00)[0-9][0-9 ()/.-]{6,18}[0-9]|\(?0?[0-9]{2,5}\)?[ /.-][0-9 /.-]{4,14}[0-9]"
)
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_CARD = re.compile(r"[0-9]{13,19}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}.*|[0-9]{1,2}[/.-][0-9]{1,2}[/.-][0-9]{2,4}")


def name_hints(column: str) -> tuple[str, ...]:
    """What the words of a column's name speak of: `customerEmail`, `date_of_birth`."""
    words = [w.lower() for w in _SPLIT.split(column) if w]
    found = {_OF_WORD[w] for w in words if w in _OF_WORD}
    found |= {m for pair, m in _PAIRS.items() if pair in pairwise(words)}
    return tuple(f"its name speaks of {meaning}" for meaning in sorted(found))


def value_hints(values: Sequence[str]) -> tuple[str, ...]:
    """What the values of a sample look like.

    E-mail addresses and IBANs have a form that chance does not make: two are enough. Telephone and
    card numbers and IP addresses are said where at least half of the sample look so; of numbers of
    16 digits one in ten has a right check digit.
    """
    hints = []
    for meaning, looks_so, share in _SHAPES:
        n = sum(looks_so(v) for v in values)
        if n >= max(_FEW, share * len(values)):
            hints.append(f"{n} of {len(values)} values looked at have the form of {meaning}")
    return tuple(hints)


def is_iban(value: str) -> bool:
    """Whether letters, length and check digits are those of an IBAN (ISO 13616, ISO 7064)."""
    text = value.replace(" ", "").upper()
    if not _IBAN.fullmatch(text):
        return False
    return int("".join(str(int(c, 36)) for c in text[4:] + text[:4])) % 97 == 1


def is_card(value: str) -> bool:
    """Whether 13 to 19 digits end in the check digit of Luhn (ISO/IEC 7812-1, annex B)."""
    text = value.replace(" ", "").replace("-", "")
    if not (text.isascii() and _CARD.fullmatch(text)) or len(set(text)) == 1:
        return False
    doubled = [2 * int(c) for c in text[-2::-2]]
    return (sum(int(c) for c in text[::-2]) + sum(d - 9 * (d > 9) for d in doubled)) % 10 == 0


def _is_email(value: str) -> bool:
    return _EMAIL.fullmatch(value.strip()) is not None


def _is_phone(value: str) -> bool:
    text = value.strip()
    return _PHONE.fullmatch(text) is not None and not _DATE.fullmatch(text) and not _is_ip(text)


def _is_ip(value: str) -> bool:
    if value.count(".") != 3 and value.count(":") < 2:
        return False
    try:
        ipaddress.ip_address(value.strip())
    except ValueError:
        return False
    return True


_SHAPES: tuple[tuple[str, Callable[[str], bool], float], ...] = (
    ("an e-mail address", _is_email, 0.0),
    ("an IBAN", is_iban, 0.0),
    ("a telephone number", _is_phone, 0.5),
    ("a card number", is_card, 0.5),
    ("an IP address", _is_ip, 0.5),
)
