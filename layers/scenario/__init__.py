"""The drill city: published facts, invented compounds and people, written as the files that providers would send."""
