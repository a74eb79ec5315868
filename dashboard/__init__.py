"""Everything that faces a person or another system. The only package that imports Dash or Flask."""
