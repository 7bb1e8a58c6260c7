"""Join codes, secrets and nicknames."""
