"""The command to go on with once something was signed: who trusts the signer checks it."""

from __future__ import annotations

from pathlib import Path

from affidavit.cli import output


def verify_lines(what: str, signers: tuple[str, ...]) -> list[str]:
    """`next: affidavit verify ...`; in two lines, as a shell takes them, where one is too long.

    Args:
        what: what is verified, as it is typed after the command.
        signers: as `--signer` named them; the public half is named where it lies beside the key.
    """
    verify = f"next: affidavit verify {what}"
    if not signers:
        return [verify]
    key = _key(signers)
    if len(verify) + 1 + len(key) <= output.WIDTH:
        return [f"{verify} {key}"]
    return [f"{verify} \\", f"      {key}"]


def _key(signers: tuple[str, ...]) -> str:
    from affidavit.seal import local_path

    private: Path | None = local_path(signers[0]) if len(signers) == 1 else None
    if private is None:
        return "--trust trust.toml"
    public = private.with_suffix(".pub")  # as `keygen` names it
    return f"--key {output.place(public) if public.is_file() else 'SIGNER.pub'}"
