"""Training: a recipe (TOML) says what is learnt from which data; the loop does it and can be resumed."""
