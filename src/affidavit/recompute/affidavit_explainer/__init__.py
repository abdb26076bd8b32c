"""What runs inside an explainer's environment: shap or alibi, and nothing of Affidavit's own.

The worker (`affidavit_worker`) locks itself in and loads one module of this folder, as the package
`affidavit_explainer`. A module has `versions()`, which imports the library, and `explain(method,
arrays, settings, seed, ask)`, which gives an array of doubles and facts that JSON holds.
"""
