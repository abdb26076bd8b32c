"""A bank's own look: name, logo, colours, styles and templates, none of which can drop page one."""

from affidavit.render.branding.folder import Brand, read_brand
from affidavit.render.branding.running import foreign_sections

__all__ = ["Brand", "foreign_sections", "read_brand"]
