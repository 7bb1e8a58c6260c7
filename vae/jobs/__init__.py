"""Training runs in processes of their own. Each module imports only from those above it.

nice         lowers the priority of what computes for seconds or minutes, so that live decoding goes first
run          a training run as a folder: request, status, command, log
launchers    where the processes of runs are started
ray          the same on a Ray cluster
runs         all runs of a folder: queue, start, commands
environment  runs as the environment of a process wants them
worker       the process of one run
sweeps       families of models, trained by runs
"""
