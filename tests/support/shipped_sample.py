"""The sample that `affidavit demo-forgeries` forges when no bundle is named.

`python -m tests.support.shipped_sample` writes it anew, with the same bytes each time: its key
follows from a sentence, and Ed25519 signatures have no chance in them (RFC 8032).
"""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.support.bundles import BundleBuilder

from affidavit.forgeries.sample import SAMPLE, SAMPLE_KEY
from affidavit.seal.keys import LocalSigner

SENTENCE = b"This key seals the sample that comes with Affidavit, and is no secret."


def sample_signer() -> LocalSigner:
    """The key that anybody can make, and that vouches for the sample alone."""
    return LocalSigner(
        Ed25519PrivateKey.from_private_bytes(hashlib.sha256(SENTENCE).digest()), "the sample's key"
    )


def make_sample(folder: Path) -> bytes:
    """The sample's bytes, made in a folder that is empty."""
    builder = BundleBuilder(
        folder, is_signed=False, name="sample", version="1", is_told=True, rows_made=120
    )
    out = folder / SAMPLE.name
    builder.seal_to(out, sample_signer())
    return out.read_bytes()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        SAMPLE.write_bytes(make_sample(Path(made)))
    SAMPLE_KEY.write_bytes(sample_signer().public.pem())
    print(f"{SAMPLE}: {SAMPLE.stat().st_size} bytes")
