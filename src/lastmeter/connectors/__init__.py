"""How data comes in (files through a mapping) and goes out (export). One file a source kind, in `kinds/`."""
