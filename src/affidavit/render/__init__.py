"""Card context -> HTML, PDF, Markdown, JSON; figures."""

from affidavit.card_record import CardRecord, read_card
from affidavit.render.pdf import pdf_problem
from affidavit.render.rendering import render
from affidavit.render.terminal import page_one_text

__all__ = ["CardRecord", "page_one_text", "pdf_problem", "read_card", "render"]
