"""The stages in order, collaborators passed in."""
