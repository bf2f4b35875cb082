"""The catalogue: one module an area, each listing its declarations in `INDICATORS`. The registry finds them all."""
