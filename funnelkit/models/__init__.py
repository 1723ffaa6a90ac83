"""Models over counts: pure functions, without frames or files."""
