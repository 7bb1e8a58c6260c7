"""The pages of who teaches.

classroom  the Class page
"""
