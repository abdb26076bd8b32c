"""The page that says why there is no bundle, in Chromium: hostile names do nothing, all is in view."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.chromium import Browser, chromium

from affidavit.bundle.findings import findings_of
from affidavit.errors import Contradicted, Seen
from affidavit.render.findings_page import findings_page

NAME = (
    "m <script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
    "</p></section></main></style><style>main{display:none}</style>{{ 7*7 }}" + "w" * 200
)

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(chromium() is None, reason="no Chromium (apt-get install chromium)"),
]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    opened = Browser(tmp_path_factory.mktemp("profile"))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a refusal in which every text is hostile, and as long as a line."""
    texts = (NAME,) * 4
    refusal = Contradicted(
        "1", contradictions=(texts,), seen=Seen(NAME, "3", ((NAME, "gap", *texts),))
    )
    found = findings_of(refusal, asked=f"models:/{NAME[:300]}/3", affidavit="1", day="2026-11-20")
    page = tmp_path_factory.mktemp("page") / "why.html"
    page.write_bytes(findings_page(
        found, record=Path("why.json"), page=page, statements=(Path(f"{NAME[:60]}.json"),)
    ))  # fmt: skip
    return page


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [360, 1200])
def test_names_do_nothing_and_nothing_is_cut_off(
    browser: Browser, path: Path, width: int, dark: bool
) -> None:
    browser.open(path, width=width, dark=dark)

    assert browser.run("document.title").startswith("m <script>")
    assert browser.run("document.querySelectorAll('script,img,iframe,object').length") == 0
    assert browser.run("getComputedStyle(document.querySelector('main')).display") == "block"
    assert browser.run("document.querySelector('h3').innerText")[1:40] == NAME[1:40]
    assert browser.run("document.documentElement.scrollWidth <= innerWidth") is True
    background = browser.run("getComputedStyle(document.documentElement).backgroundColor")
    assert (background == "rgb(255, 255, 255)") is not dark
    assert browser.complaints == []
    assert [r for r in browser.requests if not r.startswith(("file:", "data:"))] == []
