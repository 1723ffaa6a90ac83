"""The tests: a package, so that they can share the made-up company and its answers."""
