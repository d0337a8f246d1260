"""Engines: installed programs that decide, eliminate or satisfy, each question one bounded process."""
