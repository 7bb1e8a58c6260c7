"""The routes of all classes. Each module imports only from those above it.

limits       how much one seat or one address may ask for
homes        which files of classes this app has, alone or as one of several replicas
service      the classes of an app: tables, rooms, who may do what
work         what a command does
transports   socket, events, polls
pages        the pages that are not Streamlit's, as HTML
routes       the addresses
"""
