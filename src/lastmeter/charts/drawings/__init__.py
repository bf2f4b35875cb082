"""Drawings of the brief: static SVG made on the server, one chart a file, sharp on paper, nothing to run or fetch."""
