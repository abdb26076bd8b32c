"""The model as a whole: importance, curves, interactions, a small tree, and its soundness."""
