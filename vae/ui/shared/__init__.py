"""What all pages use. Each module imports only from those above it.

loaders        the checkpoints of this app, and what is loaded of each
lessons        the lessons of this app, with the numbers of its checkpoints
origins        which host names the app answers to, which pages may use it
links          the link and its history, untrusted values from links and components
current_image  the test image that all pages show
scripts        the components' scripts and styles
strips         a strip of pictures of each model
page           bar, title, model picker, choices in the link
compared       the models beside the chosen one
"""
