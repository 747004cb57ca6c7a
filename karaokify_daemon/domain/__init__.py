"""What the product is about, in pure code: jobs, names, transcripts, captions."""
