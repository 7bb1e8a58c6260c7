"""What the app serves beside Streamlit's own pages. Each module imports only from those above it.

jsdoc      Python's types as JSDoc
contract   what the pages' scripts know of Python
lab        what the light page shows of a checkpoint, from the pages' caches
classroom  the classes of this app
health     whether this app can serve, and what it counts
routes     the routes of the app and who may reach them
"""
