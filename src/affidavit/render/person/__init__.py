"""The page for the person concerned: one decision in plain words, as HTML and PDF.

`concerning.py` is what it is made from, `composing.py` puts the sections together, each part in a
module of its own; `speaking.py` keeps our own sentences, whose reading grade `grade.py` measures.
"""

from affidavit.render.person.composing import compose
from affidavit.render.person.concerning import Concerning, LoggedThen
from affidavit.render.person.documents import page_html, page_pdf
from affidavit.render.person.page import Page

__all__ = ["Concerning", "LoggedThen", "Page", "compose", "page_html", "page_pdf"]
