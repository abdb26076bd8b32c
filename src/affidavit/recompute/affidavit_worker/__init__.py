"""What runs inside the worker: bare Python, which imports nothing of Affidavit.

It has this name so that it can meet no module of a model's own.
"""
