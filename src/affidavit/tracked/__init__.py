"""What Git and DVC store, read from its bytes without either of them.

The builder reads it where it fetches a commit and its data; a reviewer, who has neither program,
reads the same of the bundle.
"""
