"""A simulated company that goes on living: its accounts, its clock, and the systems that report to it."""
