"""What is kept of each class, in one SQLite file. Each module imports only from those above it.

schema       the tables, and the events that say what has changed
store        the thread with the only connection: every change is a transaction
classes      a class: open, show, freeze, close, delete; its teachers' secrets
seats        who is in it, found by a token
votes        questions, two rounds of votes, and what is counted
lessons      the class's lesson: its phases, and what of it everybody may see
drawings     what students hand in, and what of it the class sees
sections     the class as a teacher, a student or the projector may see it, whole or since an event
exports      the class as JSON, its votes as CSV, its drawings as NPZ
"""
