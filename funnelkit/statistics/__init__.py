"""What chance allows to be said: estimates, limits and tests from counts and sums, without any table or file."""
