"""Who is connected to a class, and what waits for each. Each module imports only from those above it.

reading     what a room asks of the tables
clients     one connection, and what waits for it
boards      what an audience knows, as text
presence    who is there, who is silent
room        one class
"""
