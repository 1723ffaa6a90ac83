"""What comes next, and how wrong such a forecast has been: of series, and of open deals."""
