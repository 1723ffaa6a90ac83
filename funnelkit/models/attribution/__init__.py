"""Which touch earns how much of a conversion: rules, chains and games over counts of paths."""
