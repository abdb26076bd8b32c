"""Every figure says what it shows in words, and a table beneath it has what is drawn."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.cards import Rendered, full_sample, render_sample
from tests.support.read_back import numbers_in, plain
from tests.support.records import RecordBuilder
from tests.support.what_if import what_if_csv

from affidavit.render.compose import compose, read_reports
from affidavit.render.documents import drawn_figures, html
from affidavit.render.tables import Figure


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Rendered:
    """A card with every kind of figure: groups, estimated groups, calibration, thresholds."""
    sample = full_sample(RecordBuilder(tmp_path_factory.mktemp("drawn")))
    rows = [
        {"afam": "yes" if i % 3 == 0 else "no", "single": "yes" if i % 2 else "no",
         "label": "yes" if i % 4 == 0 else "no", "score": repr(i / 300),
         "decision": "yes" if i / 300 >= 0.25 else "no"}
        for i in range(300)
    ]  # fmt: skip
    item = sample.work.write(
        "data/reports/thresholds/evaluation.csv",
        what_if_csv(rows, [("afam",), ("single",)], in_force=0.25), kind="report",
        origin="recomputed", media_type="text/csv", role="evaluation",
    )  # fmt: skip
    return render_sample(replace(sample, evidence=sample.evidence.adding(items=(item,))))


def _figures(made: Rendered) -> dict[str, Figure]:
    sample = made.sample
    card = compose(
        sample.evidence, sample.evidence_id, standings=sample.standings,
        declarations=sample.declarations, config=sample.config,
        read=read_reports(sample.evidence, sample.work),
    )  # fmt: skip
    return {name: one.figure for name, one in drawn_figures(card).items()}


def _tables_after(page: str, name: str) -> str:
    """The tables between a figure and the next heading."""
    after = page.split(f'id="{name}-t"', 1)[1].split("</figure>", 1)[1]
    part = re.split(r"<h[23]\b", after, maxsplit=1)[0]
    return plain(
        re.sub(r"<[^>]+>", " ", "".join(re.findall(r"<table.*?</table>", part, re.DOTALL)))
    )


def test_every_kind_is_there(drawn: Rendered) -> None:
    figures = _figures(drawn).values()

    assert {bool(f.dots) for f in figures} == {True, False}
    assert any(f.points for f in figures)
    assert any(f.curves for f in figures)


def test_each_has_a_title_and_a_description_that_name_it(drawn: Rendered) -> None:
    page = drawn.text("html")
    figures = _figures(drawn)

    assert page.count("<svg") == len(figures)
    for name, figure in figures.items():
        assert f'role="img" aria-labelledby="{name}-t {name}-d"' in page
        assert re.search(
            rf'<title id="{name}-t">[^<]+</title><desc id="{name}-d">[^<]+</desc>', page
        )
        assert figure.alt == f"{figure.title}. {figure.summary}"


def test_on_paper_each_is_an_image_with_the_same_words(drawn: Rendered) -> None:
    sample = drawn.sample
    card = compose(
        sample.evidence, sample.evidence_id, standings=sample.standings,
        declarations=sample.declarations, config=sample.config,
        read=read_reports(sample.evidence, sample.work),
    )  # fmt: skip

    alts = re.findall(r'<img [^>]*?\balt="([^"]*)"', html(card, "paper"))

    assert len(alts) == len(_figures(drawn))
    assert all(len(alt) > 20 for alt in alts)


def test_the_table_beneath_has_every_value_that_is_drawn(drawn: Rendered) -> None:
    page = drawn.text("html")

    for name, figure in _figures(drawn).items():
        table = _tables_after(page, name)
        known = set(numbers_in(table))
        assert table, name
        for dot in figure.dots:
            if dot.value is not None:
                assert set(numbers_in(dot.shown)) <= known, (name, dot)
        for point in figure.points:
            assert f"{point.mean:.3f}" in known, (name, point)
            assert f"{100 * point.observed:.1f}" in known, (name, point)
        for curve in figure.curves:  # some ten thresholds of all that are drawn
            assert f" {curve.label} (n" in " ".join(table.split()), (name, curve.label)


def test_a_masked_group_is_named_and_not_drawn(tmp_path: Path) -> None:
    builder = RecordBuilder(tmp_path)
    assert builder.cells is not None
    builder.cells = {k: min(n, 2) if (k[0], k[3]) == ("yes", "no") else n
                     for k, n in builder.cells.items()}  # fmt: skip

    figure = next(
        f for n, f in _figures(render_sample(builder.build())).items() if n.endswith("-1")
    )

    assert [d.value for d in figure.dots] == [None, None]
    assert {d.note for d in figure.dots} == {"masked: a cell of fewer than ten"}
