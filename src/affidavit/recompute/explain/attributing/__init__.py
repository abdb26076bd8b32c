"""What each feature adds to a row's output: read from the model, asked for, or sampled."""
