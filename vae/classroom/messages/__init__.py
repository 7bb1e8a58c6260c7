"""What a class's server and its clients say to each other. Each module imports only from those above it.

protocol   the wire, in words, its limits, and what comes down
checks     what a field of a command may be
commands   what goes up
reading    how it is read
"""
