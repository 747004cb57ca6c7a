"""What lies in the inbox, and which of it is complete."""
