"""What is kept of each class, in one SQLite file. Each module imports only from those above it."""
