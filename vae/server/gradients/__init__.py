"""Work by gradient steps for one page at a time, over plain HTTP. Each module imports only from those above it.

worker    the thread that takes the steps of all pages in turn
streams   requests, their limits, and answers that come piece by piece
geometry  how much the picture changes per step of z, and shortest paths
optimise  the best q(z|x) of one image, step by step, and where its nats go
"""
