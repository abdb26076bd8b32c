"""What a reader of the bundles gets to see: five screens, made by the real commands."""

from __future__ import annotations

import contextlib
from pathlib import Path

from steps import WIDTH, Steps
from versions import Sample

from affidavit.forgeries.contents import read_contents
from affidavit.render import page_one_text, read_card
from affidavit.seal import load_signer

_CARD_JSON = "data/card/model-card.json"


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
    _title(4, "What becomes of a forged one")
    _show_forgeries(last, key, out, steps)
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


def _show_forgeries(bundle: Path, key: Path, out: Path, steps: Steps) -> None:
    """Forge the bundle by the product's own show; it fails if a forgery is accepted."""
    print(_prompt("demo-forgeries", bundle.name, "--key release.pub"))
    print(steps.run("affidavit", "demo-forgeries", bundle, "--key", key, cwd=out).stdout)


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
