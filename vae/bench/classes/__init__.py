"""A class of real HTTP and WebSocket clients, as the protocol in vae/classroom/messages/protocol.py describes them.

client   one member's requests and socket
own      the picture on the teacher's own page
people   a teacher and students: what each does, and what is measured of it
lesson   the lesson, from opening the class to deleting it
"""
