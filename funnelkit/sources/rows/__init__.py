"""Which rows of an export count: totals, subtotals, groups, footers and tests are told from the rows of its table."""
