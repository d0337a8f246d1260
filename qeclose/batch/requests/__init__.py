"""What is asked: from paths, globs and manifests to items with their options."""
