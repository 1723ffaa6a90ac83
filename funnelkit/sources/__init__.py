"""The outside world -> canonical tables: recognise an export, decide how it is written, account for every row."""
