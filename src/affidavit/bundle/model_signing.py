"""OpenSSF Model Signing: a statement over the model's files alone, for whoever deploys them.

Its form is that of the `model-signing` library, version 1: the subject is the model, its digest the
SHA-256 of the files' digests one after another, in the order of their paths; the predicate lists
the files. There is one such statement of a model, so whoever reads one makes it again and compares.

References:
    https://github.com/sigstore/model-transparency, model_signing 1.1, `_signing/signing.py`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Final

from affidavit.bundle.canonical import dumps
from affidavit.bundle.public_key import PublicKey
from affidavit.bundle.statement import MODEL_PREDICATE, STATEMENT_TYPE
from affidavit.errors import UsageError
from affidavit.evidence import Evidence

KIND: Final = "oms"
MODEL: Final = "data/model/"
# Of a Git checkout, at the top of the model's folder: the library leaves them out unless told.
IGNORED: Final = (".git", ".gitattributes", ".github", ".gitignore")


def model_statement(evidence: Evidence) -> bytes:
    """What is signed of the model, its files by the names that they had; canonical.

    Raises:
        UsageError: no file, or two of one name: names that print alike.
    """
    subject = evidence.subject
    files = sorted(_files(evidence), key=lambda row: PurePosixPath(row[0]))
    names = [name for name, _ in files]
    if not files or len(set(names)) != len(names):
        raise UsageError(
            f"models:/{subject.name}/{subject.version} has no files that a signature could name",
            "two of them have one name" if files else "it has none",
            "build without --oms",
        )
    combined = hashlib.sha256(b"".join(bytes.fromhex(sha256) for _, sha256 in files))
    return dumps(
        {
            "_type": STATEMENT_TYPE,
            "subject": [
                {
                    "name": f"models:/{subject.name}/{subject.version}",
                    "digest": {"sha256": combined.hexdigest()},
                }
            ],
            "predicateType": MODEL_PREDICATE,
            "predicate": {
                "serialization": {
                    "method": "files", "hash_type": "sha256", "allow_symlinks": False,
                    "ignore_paths": list(IGNORED),
                },
                "resources": [
                    {"name": name, "algorithm": "sha256", "digest": sha256}
                    for name, sha256 in files
                ],
            },
        }
    )  # fmt: skip


def model_hint(key: PublicKey) -> str:
    """How such a signature names its key: the SHA-256 of the PEM file, in hex."""
    return hashlib.sha256(key.pem()).hexdigest()


def _files(evidence: Evidence) -> Iterable[tuple[str, str]]:
    for item in evidence.items:
        if item.path.startswith(MODEL):
            name = item.name_below(MODEL)
            if PurePosixPath(name).parts[0] not in IGNORED:
                yield name, item.sha256
