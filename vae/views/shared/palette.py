"""The colours of classes and curves, in every view."""

# Ten colours, distinct for the three kinds of colour blindness and on a projector that washes them out, with a contrast
# of 3 : 1 to the light page and to the dark one. Found by hill climbing, maximising the smallest difference, CIEDE2000;
# see tests/views/test_palette.py.
PALETTE = (
    "#a07efd",
    "#c08b09",
    "#cd0200",
    "#787176",
    "#b41696",
    "#007a43",
    "#ff4ba2",
    "#8b996e",
    "#6537ff",
    "#00a5ab",
)
