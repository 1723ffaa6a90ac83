"""Statistical models: pure functions over counts, which know neither frames nor files."""
