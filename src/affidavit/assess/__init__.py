"""What the evidence shows for each control of a catalog; never that a requirement is met."""

from affidavit.assess.assessing import assess
from affidavit.assess.loading import load as load_catalogs

__all__ = ["assess", "load_catalogs"]
