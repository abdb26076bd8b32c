"""By group: mean attributions, what carries a difference, and which features give a group away."""
