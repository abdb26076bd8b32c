"""Single decisions: which ones, counterfactuals, principal reasons."""
