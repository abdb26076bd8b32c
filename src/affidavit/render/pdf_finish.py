"""What WeasyPrint leaves open of PDF/UA, set right before it writes the file.

WeasyPrint writes one variant at a time: PDF/A-3a here. What PDF/UA-1 asks beside it is added to its
own objects (pydyf), through the two doors that it has for that: the document's metadata, and the
finisher of `write_pdf`. No other library rewrites the file, so the bytes stay WeasyPrint's own.

References:
    ISO 19005-3 (PDF/A-3): 6.6.2.3, extension schemas; 6.8, associated files.
    ISO 14289-1 (PDF/UA-1): 5, identification; 7.1, artifacts; 7.5, tables; 7.18.5, links.
    ISO 32000-1: 12.4.2, page labels; 14.8.2.2, artifacts; 14.8.5.7, scope and headers.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from affidavit.errors import AffidavitError

_CSS_TO_PDF: Final = 0.75  # 96 pixels, 72 points an inch
# PDF/A allows no property that it does not know unless the file describes it, by these prefixes.
_UA: Final = b"""\
<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" pdfuaid:part="1"/>\
<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"\
 xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"\
 xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">\
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">\
<pdfaSchema:schema>PDF/UA identification</pdfaSchema:schema>\
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>\
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>\
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">\
<pdfaProperty:name>part</pdfaProperty:name>\
<pdfaProperty:valueType>Integer</pdfaProperty:valueType>\
<pdfaProperty:category>internal</pdfaProperty:category>\
<pdfaProperty:description>Part of ISO 14289</pdfaProperty:description>\
</rdf:li></rdf:Seq></pdfaSchema:property>\
</rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>"""
_END: Final = b"</rdf:RDF>"


def identify(document: Any) -> None:
    """Let the metadata say PDF/UA-1 beside PDF/A-3a, in the one `rdf:RDF` that readers look at.

    Raises:
        AffidavitError: when the PDF is written, if WeasyPrint's metadata has another form.
    """
    written = document.metadata.generate_rdf_metadata

    def with_ua(*variant: Any) -> bytes:
        rdf: bytes = written(*variant)
        if not rdf.endswith(_END):
            raise AffidavitError("the PDF's metadata has no place for its identification")
        return rdf.removesuffix(_END) + _UA + _END

    document.metadata.generate_rdf_metadata = with_ua


def finish(document: Any, pdf: Any) -> None:
    """The finisher: tags, links, labels and the list of attachments.

    Args:
        document: the `weasyprint.Document`, laid out.
        pdf: the `pydyf.PDF`, whose objects are changed in place.
    """
    elements = {
        o.reference: o for o in pdf.objects if _type(o) == "/StructElem"
    }  # fmt: skip
    _name_links(document)
    _place_figures(document, pdf, elements)
    _associate_headers(pdf, elements)
    _mark_footers(pdf, elements)
    _tidy(pdf)


def _tidy(pdf: Any) -> None:
    """Pages by number, each attachment listed once (WeasyPrint: twice), no empty resource."""
    pdf.catalog["PageLabels"] = "<</Nums [0 <</S /D>>]>>"
    if "AF" in pdf.catalog:
        pdf.catalog["AF"][:] = dict.fromkeys(pdf.catalog["AF"])
    for held in (o for o in pdf.objects if isinstance(o, dict) and "ExtGState" in o):
        for kind in [k for k in ("Pattern", "Shading") if held.get(k) == {}]:
            del held[kind]


def _name_links(document: Any) -> None:
    """Say where a link leads in its own words; WeasyPrint says the target's id."""
    import pydyf

    for page in document.pages:
        for _, _, _, box in page.links:
            annotation = getattr(box, "link_annotation", None)
            if annotation is not None:
                words = " ".join("".join(box.element.itertext()).split())
                annotation["Contents"] = pydyf.String(f"To {words}")


def _place_figures(document: Any, pdf: Any, elements: dict[bytes, Any]) -> None:
    """Give each figure's box in the page's own units, from below; WeasyPrint gives CSS pixels."""
    heights = {r: p.height for r, p in zip(pdf.page_references, document.pages, strict=True)}
    for figure in (e for e in elements.values() if e["S"] == "/Figure"):
        left, top, right, bottom = figure["A"]["BBox"]
        height = heights[figure["Pg"]]
        figure["A"]["BBox"][:] = [
            round(_CSS_TO_PDF * v, 3) for v in (left, height - bottom, right, height - top)
        ]


def _associate_headers(pdf: Any, elements: dict[bytes, Any]) -> None:
    """Give every header cell its scope, and every cell the headers that are really its own.

    WeasyPrint takes a header over a group of rows for one of the whole column, and writes no
    scope and no index of the ids.
    """
    ids: dict[bytes, bytes] = {}
    for table in (e for e in elements.values() if e["S"] == "/Table"):
        parts = [
            (part["S"], [list(_cells(row, elements)) for row in _kids(part, elements)])
            for part in _kids(table, elements) if part["S"] in ("/THead", "/TBody")
        ]  # fmt: skip
        heads = [c for kind, rows in parts for row in rows for c in row if kind == "/THead"]
        above = {c["ID"].data for c in heads if "ID" in c}
        for kind, rows in parts:
            alone = next((r[0] for r in rows if len(r) == 1 and r[0]["S"] == "/TH"), None)
            for row in rows:
                ids |= _associate(row, kind, alone, above)
    if ids:
        _index(pdf, ids)


def _associate(row: list[Any], part: str, alone: Any, above: set[bytes]) -> dict[bytes, bytes]:
    """Do so in one row; returns its header cells by id."""
    import pydyf

    own = [h["ID"] for h in (alone, *row) if h is not None and h["S"] == "/TH"]
    for cell in row:
        if cell["S"] == "/TH":
            cell["A"]["Scope"] = "/Column" if part == "/THead" else "/Row"
        else:
            columns = [h for h in cell["A"].get("Headers", ()) if h.data in above]
            cell["A"]["Headers"] = pydyf.Array([*columns, *own])
    return {cell["ID"].data: cell.reference for cell in row if cell["S"] == "/TH"}


def _index(pdf: Any, ids: dict[bytes, bytes]) -> None:
    """The name tree of the header cells' ids, which their use asks for."""
    import pydyf

    names = pydyf.Array([part for key in sorted(ids) for part in (key, ids[key])])
    leaf = pydyf.Dictionary({"Names": names, "Limits": pydyf.Array([names[0], names[-2]])})
    pdf.add_object(leaf)
    root = next(o for o in pdf.objects if _type(o) == "/StructTreeRoot")
    root["IDTree"] = pydyf.Dictionary({"Kids": pydyf.Array([leaf.reference])})


def _mark_footers(pdf: Any, elements: dict[bytes, Any]) -> None:
    """Mark what stands in the pages' margins as artifacts of pagination, outside the tags."""
    objects = {o.reference: o for o in pdf.objects if o.number}
    root = next(o for o in pdf.objects if _type(o) == "/StructTreeRoot")
    numbers = objects[root["ParentTree"]]["Nums"]
    reached = set(_reachable(next(e for e in elements.values() if e["S"] == "/Document"), elements))
    for element in [e for e in elements.values() if e.reference not in reached]:
        for kid in (k for k in element["K"] if isinstance(k, int)):
            page = objects[element["Pg"]]
            numbers[2 * page["StructParents"] + 1][kid] = "null"
            _make_artifact(objects[page["Contents"]].stream, kid)
        element.clear()


def _make_artifact(stream: list[Any], mcid: int) -> None:
    """`/Span <</MCID 7>> BDC` becomes `/Artifact <</Type /Pagination …>> BDC`."""
    import pydyf

    at = next(
        n for n, part in enumerate(stream)
        if isinstance(part, pydyf.Dictionary) and part.get("MCID") == mcid
    )  # fmt: skip
    said = pydyf.Dictionary({"Type": "/Pagination", "Subtype": "/Footer"})
    stream[at - 1 : at + 1] = ["/Artifact", said]


def _reachable(element: Any, elements: dict[bytes, Any]) -> Iterator[bytes]:
    yield element.reference
    for kid in _kids(element, elements):
        yield from _reachable(kid, elements)


def _kids(element: Any, elements: dict[bytes, Any]) -> list[Any]:
    return [elements[k] for k in element["K"] if isinstance(k, bytes) and k in elements]


def _cells(row: Any, elements: dict[bytes, Any]) -> Iterator[Any]:
    return (c for c in _kids(row, elements) if c["S"] in ("/TH", "/TD"))


def _type(found: Any) -> Any:
    return found.get("Type") if isinstance(found, dict) else None
