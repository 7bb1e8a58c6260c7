"""Training runs in processes of their own. Each module imports only from those above it.

nice         lowers the priority of a process that works for minutes, so that live decoding goes first
runs         training runs as folders: request, status, command, log
worker       the process of one run
sweep        a family of models, one after the other in this process, and its table
"""
