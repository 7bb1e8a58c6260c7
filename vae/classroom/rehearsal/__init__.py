"""Simulated students, with whom a teacher rehearses a lesson. Each module imports only from those above it.

students    what one of them does, and when
rehearsals  their seats in a class, and that they act there
"""
