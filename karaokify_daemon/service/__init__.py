"""What runs: worker, supervisor, daemon, command line, logs."""
