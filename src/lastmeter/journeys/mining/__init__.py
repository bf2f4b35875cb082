"""Process mining over the journal: each measure reads a `CodedLog`, which `coded_log.read_log` makes of a log relation and
`log_file.read_log_file` of a Parquet file that holds one.

A log relation has the columns case_id VARCHAR, activity VARCHAR, happened TIMESTAMP (UTC) and number BIGINT, which orders the
events of a case: by time, ties by type and id; `event_log` makes one of the journal. Measures are those of the field's
literature, so that another tool finds the same.
"""
