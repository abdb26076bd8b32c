"""What a reader of the bundles gets to see: five screens, made by the real commands."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

from forgeries import change_byte, read_contents, rewrite_number, sign_anew, write_contents
from steps import WIDTH, StepFailed, Steps
from versions import Sample

from affidavit.render import page_one_text, read_card
from affidavit.seal import load_signer

_CARD_JSON = "data/card/model-card.json"
_CHANGED = "data/dataset/evaluation"
_AUC = "performance/evaluation/roc_auc"
_REFUTED = 1


def show_all(sample: Sample, bundles: tuple[Path, ...], out: Path, steps: Steps) -> None:
    """Show the last bundle, its verdict, its recheck, forgeries of it, and the first two compared.

    Raises:
        StepFailed: a command ends otherwise than it must; above all, a forgery is accepted.
    """
    last, key = bundles[-1], out / "keys" / "release.pub"
    version = sample.versions[-1].number
    _title(1, f"Page one of {sample.name}, version {version}, in words")
    print(page_one_text(read_card(read_contents(last).files[_CARD_JSON])))
    _title(2, "What a stranger with the public key finds")
    print(_prompt("verify", last.name, "--key release.pub"))
    print(steps.run("affidavit", "verify", last, "--key", key, cwd=out).stdout)
    _title(3, "Whether the numbers are true: they are computed again, from the bundle")
    _show_recheck(last, key, out, steps)
    _title(4, "Three forgeries of that bundle, refused")
    _show_forgeries(sample, last, key, out, steps)
    if len(bundles) > 1:
        before, after = bundles[:2]
        _title(5, f"What changed from version {sample.versions[0].number} to the next")
        print(_prompt("diff", before.name, after.name, "--key release.pub"))
        print(steps.run("affidavit", "diff", before, after, "--key", key, cwd=out).stdout)
    _tell_the_end(last, key, out, steps)


def _show_recheck(bundle: Path, key: Path, out: Path, steps: Steps) -> None:
    """Recompute the last version; what travels by reference is found in the remote, by digest."""
    recheck = ("affidavit", "recheck", bundle, "--key", key, "--data", out / "remote")
    print(_prompt("recheck", bundle.name, "--key release.pub", "--data remote"))
    print(steps.run(*recheck, cwd=out).stdout)


def _show_forgeries(sample: Sample, bundle: Path, key: Path, out: Path, steps: Steps) -> None:
    folder = out / "forgeries"
    folder.mkdir()
    contents = read_contents(bundle)
    rows = next(path for path in contents.files if path.startswith(_CHANGED))

    byte = folder / "1-byte.evidence.zip"
    change_byte(bundle, byte, rows)
    print(f"1. One bit of {rows} is flipped.\n")
    _require_refused(byte, key, steps, out, by="payload-digest")

    number = folder / "2-number.evidence.zip"
    forged, before = rewrite_number(contents, _AUC, 0.95)
    write_contents(forged, number)
    print(f"2. The AUC is rewritten, {before:.3f} to 0.950, and every checksum repaired.\n")
    _require_refused(number, key, steps, out, by="tag-manifest", also={"evidence-cited", "scores"})

    rate = folder / "3-rate.evidence.zip"
    forged, before = rewrite_number(contents, sample.rewritten, sample.better)
    signer = load_signer(out / "keys" / "release.pem", steps.environ["AFFIDAVIT_KEY_PASSPHRASE"])
    write_contents(sign_anew(forged, signer), rate)
    print(
        f"3. A rate is rewritten, {before:.3f} to {sample.better:.3f}, and signed with the right "
        "key.\n"
    )
    # The rate now meets a threshold that the record says it misses: that gives it away as well.
    _require_refused(rate, key, steps, out, by="arithmetic", also={"hold"})


def _require_refused(
    forgery: Path,
    key: Path,
    steps: Steps,
    out: Path,
    *,
    by: str,
    also: frozenset[str] | set[str] = frozenset(),
) -> None:
    """Show the verdict on a forgery.

    Raises:
        StepFailed: it is accepted, undecided, not refused by the check `by`, or by others than
            that and `also`: then it is not the forgery that it is meant to be.
    """
    verify = ("affidavit", "verify", forgery, "--key", key)
    verdict = steps.run(*verify, cwd=out, codes=(_REFUTED,))
    checks = json.loads(steps.run(*verify, "--json", cwd=out, codes=(_REFUTED,)).stdout)["checks"]
    reasons = {check["id"] for check in checks if check["status"] == "failed"}
    if by not in reasons or not reasons <= {by, *also}:
        raise StepFailed(f"{forgery.name} is refused by {sorted(reasons)}, not by {by} alone")
    print(_prompt("verify", forgery.name, "--key release.pub"))
    # The answer and its facts; what else is wrong then is left to --json.
    paragraphs = verdict.stdout.strip().split("\n\n")
    told = [p for p in paragraphs if not p.startswith("Also refuted")]
    print("\n\n".join(told))
    print(f"exit code {verdict.code}\n")


def _tell_the_end(last: Path, key: Path, out: Path, steps: Steps) -> None:
    """Where the card is, whose key it was, and what to do next."""
    card = out / "card"
    card.mkdir()
    for path, content in read_contents(last).files.items():
        if path.startswith("data/card/model-card."):
            (card / Path(path).name).write_bytes(content)
    signer = load_signer(out / "keys" / "release.pem", steps.environ["AFFIDAVIT_KEY_PASSPHRASE"])
    best = card / ("model-card.pdf" if (card / "model-card.pdf").exists() else "model-card.html")
    print("─" * WIDTH)
    print(f"  card         {_shown(best)}")
    print(f"  key\n    {signer.fingerprint()}")
    print(f"  next\n    .venv/bin/affidavit show \\\n      {_shown(last)} \\")
    print(f"      --key {_shown(key)}")


def _title(number: int, text: str) -> None:
    print(f"\n── {number} · {text} ".ljust(WIDTH + 1, "─") + "\n")


def _prompt(*words: str) -> str:
    """A command as a person types it; what does not fit goes on in the next line."""
    lines = ["$ affidavit"]
    for word in words:
        if len(lines[-1]) + 1 + len(word) + len(" \\") > WIDTH:
            lines[-1] += " \\"
            lines.append("   ")
        lines[-1] += f" {word}"
    return "\n".join(lines)


def _shown(path: Path) -> str:
    with contextlib.suppress(ValueError):
        return str(path.relative_to(Path.cwd()))
    return str(path)
