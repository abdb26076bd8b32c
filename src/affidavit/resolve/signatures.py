"""What the signature of a commit or tag is worth here.

Git's own answer (`%G?`) depends on the keyring of whoever asks, and on programs that the
repository's configuration may name. Ours depends on one file that the caller gives: two builders
get the same evidence, and trust is an argument. Without it, an SSH signature is still checked
against the key that it names, which then is nobody's we know.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

SignatureState = Literal["unsigned", "good", "unknown-signer", "unverifiable", "bad"]
_KEY = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")
_KINDS = {
    b"-----BEGIN PGP ": "openpgp",
    b"-----BEGIN SSH ": "ssh",
    b"-----BEGIN SIGNED ": "x509",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """The state of one signature.

    Attributes:
        state: `good` holds, by a signer in the file that was given; `unknown-signer` holds, by a
            key that nobody vouched for; `unverifiable` is there, and nothing here can check it;
            `bad` does not hold.
        scheme: `ssh`, `openpgp` or `x509`; None where unsigned or unknown.
        signer: who, as the given file names the key.
        key: the key's SSH fingerprint.
    """

    state: SignatureState
    scheme: str | None = None
    signer: str | None = None
    key: str | None = None


UNSIGNED = Signature(state="unsigned")


def check_signature(
    signature: bytes | None,
    payload: bytes,
    *,
    at: datetime | None,
    allowed_signers: Path | None,
) -> Signature:
    """Check a Git signature without asking Git.

    Args:
        signature: the armoured block, None for unsigned.
        payload: the bytes that it was made over.
        at: the commit's or tag's own date, for keys that were allowed for a time.
        allowed_signers: OpenSSH's file of that name (ssh-keygen(1), ALLOWED SIGNERS).

    Returns:
        OpenPGP and X.509 are `unverifiable` for now, and SSH too where ssh-keygen is missing.
    """
    if signature is None:
        return UNSIGNED
    scheme = next((s for start, s in _KINDS.items() if signature.startswith(start)), None)
    if scheme != "ssh":
        return Signature(state="unverifiable", scheme=scheme)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "signature")
        file.write_bytes(signature.rstrip(b"\n") + b"\n")
        try:
            return _check_ssh(file, payload, at, allowed_signers)
        except FileNotFoundError:
            return Signature(state="unverifiable", scheme="ssh")


def _check_ssh(
    file: Path, payload: bytes, at: datetime | None, allowed_signers: Path | None
) -> Signature:
    held, said = _ssh_keygen("check-novalidate", file, payload)
    key = _KEY.search(said)
    fingerprint = key[0] if key else None
    if not held:
        return Signature(state="bad", scheme="ssh", key=fingerprint)
    unknown = Signature(state="unknown-signer", scheme="ssh", key=fingerprint)
    if allowed_signers is None:
        return unknown
    when = () if at is None else (f"-Overify-time={at.astimezone(UTC):%Y%m%d%H%M%SZ}",)
    # Absolute, so that no file name can be taken for an option.
    trust = ("-f", str(allowed_signers.absolute()), *when)
    found, names = _ssh_keygen("find-principals", file, b"", *trust)
    for name in names.splitlines() if found else ():
        if _ssh_keygen("verify", file, payload, *trust, "-I", name)[0]:
            return Signature(state="good", scheme="ssh", signer=name, key=fingerprint)
    return unknown


def _ssh_keygen(action: str, file: Path, payload: bytes, *more: str) -> tuple[bool, str]:
    namespace = () if action == "find-principals" else ("-n", "git")
    done = subprocess.run(
        ["ssh-keygen", "-Y", action, *namespace, "-s", str(file), *more],
        input=payload,
        capture_output=True,
        check=False,
        timeout=30,
    )
    return done.returncode == 0, done.stdout.decode("utf-8", "replace")
