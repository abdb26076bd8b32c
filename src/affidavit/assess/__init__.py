"""What the evidence shows for each control of a catalog; never that a requirement is met."""

from affidavit.assess.assessing import Assessed, assess, assess_again
from affidavit.assess.loading import load as load_catalogs
from affidavit.assess.loading import load_again

__all__ = ["Assessed", "assess", "assess_again", "load_again", "load_catalogs"]
