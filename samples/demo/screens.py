"""What a reader of the bundles gets to see: six screens, made by the real commands."""

from __future__ import annotations

import contextlib
import json
from itertools import count
from pathlib import Path

from steps import WIDTH, Steps
from versions import Sample

from affidavit.forgeries.contents import read_contents
from affidavit.render import page_one_text, read_card
from affidavit.seal import load_signer

_CARD_JSON = "data/card/model-card.json"
_DECISIONS_JSON = "data/reports/decisions.json"


def show_all(sample: Sample, bundles: tuple[Path, ...], out: Path, steps: Steps) -> None:
    """Show the last bundle, its verdict, its recheck, forgeries of it, and the first two compared.

    Raises:
        StepFailed: a command ends otherwise than it must; above all, a forgery is accepted.
    """
    last, key = bundles[-1], out / "keys" / "release.pub"
    number, version = count(1), sample.versions[-1].number
    _title(next(number), f"Page one of {sample.name}, version {version}, in words")
    print(page_one_text(read_card(read_contents(last).files[_CARD_JSON])))
    _title(next(number), "What a stranger with the public key finds")
    print(_prompt("verify", last.name, "--key release.pub"))
    print(steps.run("affidavit", "verify", last, "--key", key, cwd=out).stdout)
    _title(next(number), "Whether the numbers are true: they are computed again, from the bundle")
    _show_recheck(last, key, out, steps)
    if row := _an_adverse_row(last):
        _title(next(number), "Why one application came out as it did")
        _show_explanation(last, row, key, out, steps)
    _title(next(number), "What becomes of a forged one")
    _show_forgeries(last, key, out, steps)
    if len(bundles) > 1:
        before, after = bundles[:2]
        _title(next(number), f"What changed from version {sample.versions[0].number} to the next")
        print(_prompt("diff", before.name, after.name, "--key release.pub"))
        print(steps.run("affidavit", "diff", before, after, "--key", key, cwd=out).stdout)
    _tell_the_end(last, key, out, steps)


def _an_adverse_row(bundle: Path) -> str | None:
    """An explained decision with reasons; None where the bundle explains none."""
    content = read_contents(bundle).files.get(_DECISIONS_JSON)
    found = json.loads(content)["decisions"] if content else []
    return next((d["row_id"] for d in found if d["reasons"]["status"] == "issued"), None)


def _show_explanation(bundle: Path, row: str, key: Path, out: Path, steps: Steps) -> None:
    """Explain one row by the command that a case handler runs, with the page for the person."""
    folder = out / "explanation"
    folder.mkdir()
    file = folder / f"{row}.json"
    print(_prompt("explain", bundle.name, "--key release.pub", f"--row {row}", "--html"))
    ended = steps.run(
        *("affidavit", "explain", bundle, "--key", key, "--row", row, "--html", "--out", file),
        cwd=out,
    )
    print(ended.stdout)


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
