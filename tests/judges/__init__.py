"""Judges that are not ours, and one of ours that searches: each says of what the product made whether it is right."""
