"""Card context -> HTML, PDF, Markdown, JSON; figures."""

from affidavit.card_record import CardRecord, read_card
from affidavit.render.branding import Brand, read_brand
from affidavit.render.pdf import pdf_problem
from affidavit.render.rendering import render
from affidavit.render.terminal import page_one_text

__all__ = [
    "Brand", "CardRecord", "page_one_text", "pdf_problem", "read_brand", "read_card", "render",
]  # fmt: skip
