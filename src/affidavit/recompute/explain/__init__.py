"""Explaining the model, through its worker; `stage.py` has the order.

asking.py        the one way to the model; it may fail on rows that are in no data
explained.py     what is explained: rows, features, output, scale
attributing/     what each feature adds to a row's output
overall/         the model as a whole
between_groups/  what carries the difference between groups, and which features tell them apart
decisions/       single decisions: counterfactuals, principal reasons
backends/        other libraries (shap, alibi), each in an environment and a process of its own
one_case/        one row for `affidavit explain`
"""
