"""The pages of who teaches. Each module imports only from those above it.

lessons    the Lessons page
classroom  the Class page
"""
