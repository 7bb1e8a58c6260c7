"""Runs on a Ray cluster, without Ray in this program. Each module imports only from those above it.

head         the HTTP API of Ray Jobs: submit, ask, stop
launcher     starts the processes of runs as jobs, and starts those of lost nodes again
"""
