"""The five tag files at the head of a smallest archive, under the top folder m-1."""

from __future__ import annotations

from affidavit.bundle.bag import BAGIT_TXT, BagInfo, render_bag_info

INFO = render_bag_info(
    BagInfo(evidence_id="0" * 64, external_identifier="m/1", payload_bytes=6, payload_files=2)
)
HEAD = [
    ("m-1/bagit.txt", BAGIT_TXT),
    ("m-1/bag-info.txt", INFO),
    ("m-1/VERIFY.txt", b"how\n"),
    ("m-1/tagmanifest-sha256.txt", b""),
    ("m-1/manifest-sha256.txt", b""),
]
