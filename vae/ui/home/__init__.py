"""The home page.

component  the page's component and its data
"""
