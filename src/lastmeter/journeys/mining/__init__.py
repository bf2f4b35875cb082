"""Process mining over the journal in SQL: each measure reads a log, a relation that `event_log` defines.

A log has the columns case_id VARCHAR, activity VARCHAR, happened TIMESTAMP (UTC) and number BIGINT, which orders the events
of a case: by time, ties by type and id. Measures are those of the field's literature, so that another tool finds the same.
"""
