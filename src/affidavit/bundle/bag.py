"""bagit.txt and bag-info.txt: the declaration of the bag, and of the format's number."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from affidavit.bundle.layout import FORMAT
from affidavit.errors import BundleError, NewerFormat

BAGIT_TXT: Final = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
_LABELS: Final = (
    "Affidavit-Format",
    "Affidavit-Evidence-Id",
    "External-Identifier",
    "Payload-Oxum",
)
_HEX64 = re.compile(r"[0-9a-f]{64}")
_OXUM = re.compile(r"(0|[1-9][0-9]{0,18})\.([1-9][0-9]{0,5})")


@dataclass(frozen=True, slots=True, kw_only=True)
class BagInfo:
    """bag-info.txt.

    Attributes:
        external_identifier: name/version, or the portable folder where the name has characters
            that a line of text cannot hold.
        payload_bytes: octets below data/, as in Payload-Oxum.
        payload_files: files below data/.
    """

    evidence_id: str
    external_identifier: str
    payload_bytes: int
    payload_files: int


def external_identifier(name: str, version: str, folder: str) -> str:
    """What bag-info.txt calls the subject."""
    text = f"{name}/{version}"
    return text if text.isprintable() and text == text.strip() else folder


def render_bag_info(info: BagInfo) -> bytes:
    """bag-info.txt: no date and no host, so that two builds give the same bytes."""
    values = (
        str(FORMAT),
        info.evidence_id,
        info.external_identifier,
        f"{info.payload_bytes}.{info.payload_files}",
    )
    return "".join(f"{k}: {v}\n" for k, v in zip(_LABELS, values, strict=True)).encode()


def parse_bag_info(content: bytes, name: str) -> BagInfo:
    """Read bag-info.txt as this format writes it.

    Raises:
        NewerFormat: a format number above ours.
        BundleError: anything else than the four lines, in their order.
    """
    try:
        lines = content.decode("utf-8", errors="strict").split("\n")
    except UnicodeDecodeError as error:
        raise BundleError(f"{name} is not UTF-8", f"byte {error.start}") from error
    _require_format(lines[0], name)
    pairs = [line.partition(": ") for line in lines]
    if lines[-1] or tuple(p[0] for p in pairs[:-1]) != _LABELS:
        raise BundleError(
            f"{name}: expected the lines {', '.join(_LABELS)}, each once, in this order"
        )
    _, evidence_id, identifier, oxum = (p[2] for p in pairs[:-1])
    counts = _OXUM.fullmatch(oxum)
    if not _HEX64.fullmatch(evidence_id) or counts is None or not identifier.isprintable():
        raise BundleError(f"{name}: a value is not of its form", f"{evidence_id!r}, {oxum!r}")
    return BagInfo(
        evidence_id=evidence_id,
        external_identifier=identifier,
        payload_bytes=int(counts[1]),
        payload_files=int(counts[2]),
    )


def _require_format(line: str, name: str) -> None:
    label, _, value = line.partition(": ")
    if label != _LABELS[0] or not re.fullmatch(r"[1-9][0-9]{0,5}", value):
        raise BundleError(f"{name} does not begin with {_LABELS[0]}", "this is not a bundle")
    if int(value) > FORMAT:
        raise NewerFormat(
            f"this bundle has format {value}, this version of Affidavit reads up to {FORMAT}",
            fix="install a newer Affidavit",
        )
