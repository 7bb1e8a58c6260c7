"""A class: its teacher, projector and students. Each module imports only from those above it.

codes        join codes, secrets and nicknames
state        what is kept of each class, in one SQLite file
drawn        a training run on the drawings of a class
addresses    where phones may reach this computer
messages     what the server and its clients say to each other
rooms        who is connected, and what waits for each
serving      the routes
rehearsal    simulated students
"""
