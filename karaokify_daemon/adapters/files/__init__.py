"""Files on disk: claims on them, moves of them, bundles out of them; all survive a power cut."""
