"""Statistical models over small counts and series: pure functions, no frames, no files, no commands."""
