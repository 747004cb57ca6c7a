"""The web page: who may see it, what it shows, and the thread that serves it."""
