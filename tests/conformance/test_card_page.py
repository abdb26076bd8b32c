"""The card's page in Chromium, judged by axe-core, and its markup, judged by the Nu HTML checker."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.cards import full_sample, render_sample
from tests.support.chromium import Browser, chromium
from tests.support.records import RecordBuilder

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = Path(os.environ.get("AFFIDAVIT_SAMPLE", ROOT / "build" / "demo"))
BUNDLE = SAMPLE / "bundles" / "credit-risk-3.evidence.zip"
MODULES = ROOT / "build" / "conformance-js" / "node_modules"
AXE = MODULES / "axe-core" / "axe.min.js"
NU = MODULES / "vnu-jar" / "build" / "dist" / "vnu.jar"
LOOKS = {"wide": (1280, False), "narrow": (390, False), "dark": (1280, True),
         "narrow and dark": (390, True)}  # fmt: skip

pytestmark = pytest.mark.system
in_browser = pytest.mark.skipif(
    chromium() is None or not AXE.is_file(),
    reason="no Chromium, or axe-core is not installed (npm)",
)
by_nu = pytest.mark.skipif(
    shutil.which("java") is None or not NU.is_file(),
    reason="no Java, or vnu-jar is not installed (npm)",
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A card with every report that there is."""
    folder = tmp_path_factory.mktemp("made")
    render_sample(full_sample(RecordBuilder(folder)))
    return folder / "data" / "card" / "model-card.html"


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """That of the sample's bundle."""
    if not BUNDLE.is_file():
        pytest.skip("no sample: run make demo or make conformance")
    path = tmp_path_factory.mktemp("sample") / "model-card.html"
    with zipfile.ZipFile(BUNDLE) as archive:
        path.write_bytes(archive.read("credit-risk-3/data/card/model-card.html"))
    return path


@pytest.fixture(params=["made", "sample"])
def page(request: pytest.FixtureRequest) -> Path:
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    started = Browser(tmp_path_factory.mktemp("profile"))
    yield started
    started.close()


def violations(browser: Browser) -> list[tuple[str, list[str]]]:
    browser.run(f"{AXE.read_text()}; true")
    found = browser.run(
        "axe.run(document).then(r => r.violations.map(v => [v.id, v.nodes.map(n => n.html)]))"
    )
    return [(rule, places) for rule, places in found]


def checked_by_nu(path: Path) -> list[dict[str, Any]]:
    done = subprocess.run(["java", "-jar", NU, "--format", "json", path], capture_output=True,
                          check=False)  # fmt: skip
    return json.loads(done.stderr)["messages"]


@in_browser
@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_no_violation(browser: Browser, page: Path, look: str) -> None:
    width, dark = LOOKS[look]
    browser.open(page, width=width, dark=dark)

    assert violations(browser) == []
    # Nothing is wider than the window; what is wide scrolls in its own region.
    assert browser.run("document.documentElement.scrollWidth <= innerWidth")


@in_browser
def test_axe_would_have_seen_two_regions_of_one_name_and_no_language(
    browser: Browser, made: Path
) -> None:
    wrong = made.with_name("wrong.html")
    text = made.read_text().replace('<html lang="en">', "<html>")
    wrong.write_text(text.replace('aria-labelledby="every-file"', 'aria-labelledby="files"'))
    browser.open(wrong, width=1280)

    assert {rule for rule, _ in violations(browser)} == {"html-has-lang", "landmark-unique"}


@in_browser
def test_the_policy_lets_in_its_own_styles_and_fonts_and_nothing_else(
    browser: Browser, made: Path
) -> None:
    foreign = made.with_name("foreign.html")
    foreign.write_text(
        made.read_text().replace(
            "</main>",
            '<script>document.title = "ran"</script><style>h1{color:rgb(1,2,3)}</style>'
            '<img alt="" src="file:///etc/hostname"><p style="color:rgb(1,2,3)">x</p></main>',
        )
    )
    browser.open(made, width=1280)
    assert browser.complaints == []
    assert [u for u in browser.requests if not u.startswith("data:font/")] == [made.as_uri()]
    assert browser.run('document.fonts.check("17px \\"Source Serif 4\\"")')
    assert browser.run("getComputedStyle(document.body).fontFamily").startswith('"Source Serif 4"')

    browser.open(foreign, width=1280)

    assert len([c for c in browser.complaints if "Content Security Policy" in c]) == 4
    assert browser.run("document.title") != "ran"
    assert browser.run("getComputedStyle(document.querySelector('h1')).color") != "rgb(1, 2, 3)"


@in_browser
def test_dark_and_light_differ_and_need_no_script(browser: Browser, made: Path) -> None:
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    browser.open(made, width=1280)
    light = browser.run(ground)
    browser.open(made, width=1280, dark=True)

    assert browser.run(ground) != light
    assert "<script" not in made.read_text()


@by_nu
def test_nu_finds_no_error_in_markup_and_styles(page: Path) -> None:
    """It does not compute the hash of a style, so it takes ours for one that the policy forbids."""
    found = [
        m for m in checked_by_nu(page) if "violates Content Security Policy" not in m["message"]
    ]

    assert found == []


@by_nu
def test_nu_would_have_seen_a_doubled_id_and_a_wrong_style(made: Path) -> None:
    wrong = made.with_name("wrong.html")
    text = made.read_text().replace('id="performance"', 'id="fairness"')
    wrong.write_text(text.replace("h1{font-size", "h1{fond-size", 1))

    said = " ".join(m["message"] for m in checked_by_nu(wrong))

    assert "Duplicate ID" in said
    assert "fond-size" in said
