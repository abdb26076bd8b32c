"""Where a run on Databricks says that its code is: claims, without a digest."""

from __future__ import annotations

from affidavit.evidence import Fact
from affidavit.resolve.interface import Run
from affidavit.run_record import CODE_TAGS
from affidavit.sources import without_credentials


def code_facts(run: Run | None) -> tuple[Fact, ...]:
    """A fact for each tag that is there; none for a run that was made elsewhere."""
    tags = run.tags if run is not None else {}
    return tuple(
        Fact(
            id=fact_id, kind="code", value=without_credentials(tags[tag]), basis="claimed",
            source=f"run tag {tag}",
        )
        for fact_id, tag in CODE_TAGS.items()
        if tags.get(tag)
    )  # fmt: skip


def notebook_of(run: Run | None) -> str | None:
    """The notebook that a run names, with its revision, for a message."""
    tags = run.tags if run is not None else {}
    path, revision = (
        tags.get(CODE_TAGS[fact_id]) for fact_id in ("code.notebook", "code.notebook_revision")
    )
    if not path:
        return None
    return f"notebook {path}, revision {revision}" if revision else f"notebook {path}"
