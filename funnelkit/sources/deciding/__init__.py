"""How the columns of a file are written: days, months, decimals. Evidence of all cells first, then a decision."""
