"""The inventory in Chromium: its script sorts and narrows, and nothing from a bundle runs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from tests.support.bundles import BundleBuilder
from tests.support.chromium import Browser, chromium
from tests.support.portfolios import portfolio_bundle, trust_file

from affidavit.inspect import index_page
from affidavit.inspect.index_output import write_output
from affidavit.inspect.indexing import index_folder
from affidavit.progress import Silent
from affidavit.verify import read_trust

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(chromium() is None, reason="no Chromium"),
]
ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "build" / "conformance-js" / "node_modules" / "axe-core" / "axe.min.js"
YES = [
    {"catalog": "sr-26-2", "control": "SR262-18", "question": "Does it suffice?", "answer": "yes"}
]
HOSTILE = '<script>document.title="owned"</script><img src=x onerror=document.title="owned">'


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three models: one of two versions, one validated, one with a name that would act."""
    folder = tmp_path_factory.mktemp("index")
    builder = BundleBuilder(folder / "made")
    sealer, validator = builder.other_signer(), builder.other_signer()
    facts: tuple[dict[str, Any], ...] = (
        {"name": "alpha", "version": "1", "gaps": 1, "owner": "Cards"},
        {"name": "alpha", "version": "2", "gaps": 4, "owner": "Cards"},
        {"name": "beta", "gaps": 2, "owner": None,
         "attested": [(validator, {"answers": YES, "expires_on": "2026-12-24"})]},
        {"name": HOSTILE, "owner": HOSTILE},
    )  # fmt: skip
    for number, one in enumerate(facts):
        portfolio_bundle(builder, folder / "many" / f"{number}.evidence.zip", signer=sealer, **one)
    trust = trust_file(folder, release=(sealer, ["sealer"]), Vera=(validator, ["validator"]))
    found = index_folder(
        folder / "many", trust=read_trust(trust), today=date(2026, 11, 29), progress=Silent()
    )
    write_output(folder / "index.html", index_page.page(found), index_page.MARK)
    return folder / "index.html"


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    made = Browser(tmp_path / "profile")
    yield made
    made.close()


def models(browser: Browser) -> list[str]:
    """Models in view, in their order."""
    found: list[str] = browser.run(
        "[...document.querySelectorAll('#models tbody:not([hidden]) .m th')]"
        ".map(e => e.firstChild.textContent)"
    )
    return found


def test_it_loads_with_no_complaint_and_asks_for_nothing(browser: Browser, page: Path) -> None:
    """A refused style or script would be a complaint; a name that acts would be a title."""
    for width, dark in ((1440, False), (390, False), (1440, True)):
        browser.open(page, width=width, dark=dark)

        assert browser.complaints == []
        assert [u for u in browser.requests if not u.startswith(("data:", page.as_uri()))] == []
        assert browser.run("document.title") == "Model inventory, 29 November 2026"
        assert browser.run("document.images.length") == 0
        assert browser.run("document.documentElement.scrollWidth <= innerWidth")
    assert models(browser)[0].startswith("<script>document.title")


def test_sorts_by_the_newest_version_and_back(browser: Browser, page: Path) -> None:
    browser.open(page, width=1440)
    assert [m[:5] for m in models(browser)] == ["<scri", "alpha", "beta"]

    browser.run("document.querySelector('#models thead th:nth-child(5) button').click()")
    assert [m[:5] for m in models(browser)] == ["alpha", "beta", "<scri"]
    assert browser.run("document.querySelector('[aria-sort]').ariaSort") == "descending"

    browser.run("document.querySelector('#models thead th:nth-child(5) button').click()")
    assert [m[:5] for m in models(browser)] == ["<scri", "beta", "alpha"]

    # What is not declared stands last, whichever way.
    browser.run("document.querySelector('#models thead th:nth-child(2) button').click()")
    assert models(browser)[-1] == "beta"
    browser.run("document.querySelector('#models thead th:nth-child(2) button').click()")
    assert models(browser)[-1] == "beta"


def test_narrows_by_words_by_kind_and_to_the_newest(browser: Browser, page: Path) -> None:
    browser.open(page, width=1440)
    assert browser.run("document.getElementById('shown').value") == "4 of 4 bundles"

    browser.run("find.value = 'cards alpha'; find.dispatchEvent(new Event('input'))")
    assert models(browser) == ["alpha"]
    browser.run("newest.checked = true; newest.dispatchEvent(new Event('change'))")
    assert browser.run("document.getElementById('shown').value") == "1 of 4 bundles"

    browser.run(
        "find.value = ''; newest.checked = false; only.value = 'exp';"
        "only.dispatchEvent(new Event('change'))"
    )
    assert models(browser) == ["beta"]


@pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed (npm)")
@pytest.mark.parametrize(("width", "dark"), [(1440, False), (390, False), (1440, True)])
def test_axe_finds_nothing_to_blame(browser: Browser, page: Path, width: int, dark: bool) -> None:
    browser.open(page, width=width, dark=dark)
    browser.run(AXE.read_text(encoding="utf-8") + "; 0")

    blamed = browser.run(
        "axe.run().then(r => r.violations.map(v => [v.id, v.nodes.map(n => n.html)]))"
    )

    assert blamed == []
