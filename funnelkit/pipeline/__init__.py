"""Where the layers meet: the user's words in, a Report or an inspection out.

``reporting`` and ``inspecting`` are what the command line and the Python API call; ``reading`` turns
inputs into canonical tables for both.
"""
