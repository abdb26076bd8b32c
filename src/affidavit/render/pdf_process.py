"""A job on stdin, PDF on stdout: the process that imports WeasyPrint (`python -m` by pdf.py)."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import logging
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from affidavit.render.pdf_finish import finish, identify

NO_WEASYPRINT: Final = 81
NO_LIBRARY: Final = 82
# Of what WeasyPrint offers, the most: tags (a), one colour space named, attachments allowed (3).
VARIANT: Final = "pdf/a-3a"
REFUSED: Final = 85
# What WeasyPrint says, and goes on, where something asks for more than the page holds.
_ASKS: Final = ("Failed to load", "Relative URI reference", "cannot be loaded")


def main(arguments: Sequence[str]) -> int:
    """Make the PDF, or with `--check` only find out whether one could be made.

    Returns:
        0, or `NO_WEASYPRINT`, `NO_LIBRARY` or `REFUSED` (the page asks for something outside it)
        with the reason as the last line on stderr.
    """
    try:
        # WeasyPrint prints advice when a library is absent; stdout is for the PDF alone.
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            import weasyprint
    except ImportError as error:
        sys.stderr.write(f"{error}\n")
        return NO_WEASYPRINT
    except OSError as error:
        sys.stderr.write(f"{str(error).splitlines()[0]}\n")
        return NO_LIBRARY
    if "--check" not in arguments:
        heard, logger = _Heard(), logging.getLogger("weasyprint")
        logger.handlers, logger.level = [heard], logging.DEBUG  # it tells of a lost font so low
        content = _pdf(weasyprint, json.loads(sys.stdin.buffer.read()))
        if heard.asked:
            sys.stderr.write(f"{heard.asked[0]}\n")
            return REFUSED
        sys.stdout.buffer.write(content)
    return 0


class _Heard(logging.Handler):
    """Keeps what was asked for beyond `data:`: WeasyPrint would leave it out without a word."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        said = " ".join(record.getMessage().split())
        if any(asks in said for asks in _ASKS):
            self.asked.append(said)


def _pdf(weasyprint: Any, job: dict[str, Any]) -> bytes:
    # The card holds all that it shows: no file, no network, whatever a name in it says.
    fetcher = weasyprint.urls.URLFetcher(allowed_protocols=("data",), allow_redirects=False)
    document = weasyprint.HTML(string=job["page"], url_fetcher=fetcher).render()
    identify(document)
    # A dated attachment: without dates WeasyPrint writes the present moment.
    dated = datetime.fromisoformat(job["dated"])
    attachments = [
        weasyprint.Attachment(
            file_obj=io.BytesIO(base64.b64decode(a["content"])), name=a["name"],
            description=a["description"], relationship="Source", created=dated, modified=dated,
        )
        for a in job["attachments"]
    ]  # fmt: skip
    content: bytes = document.write_pdf(
        finisher=finish, pdf_variant=VARIANT, pdf_tags=True, attachments=attachments
    )
    return content


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
