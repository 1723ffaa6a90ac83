"""Speed as a ratio of whole processes in one run; never a test, because a clock on a shared machine is none."""
