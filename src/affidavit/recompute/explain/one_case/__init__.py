"""One row for `affidavit explain`: of a bundle's data, or a case from a file."""
