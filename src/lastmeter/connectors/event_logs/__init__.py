"""Events out, in the formats of process mining: OCEL 2.0 and XES, one file a format."""
