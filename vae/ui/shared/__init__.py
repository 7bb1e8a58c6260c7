"""What all pages use. Each module imports only from those above it.

figures      arrays -> Plotly figures, and the palette
loaders      the checkpoints of this app, and what is loaded of each
links        what links and browsers send, which may be anything
scripts      the components' scripts and styles
page         the anatomy that all pages share
"""
