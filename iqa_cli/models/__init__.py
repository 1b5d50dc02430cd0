"""The models: one paper, one file; the configuration is a frozen dataclass beside its model."""
