"""A first affidavit.toml: look at what there is, ask one thing at a time, write it down.

Nothing that decides about people is ever filled in: it is asked for, or left as an open place that
a build refuses with its line.
"""
