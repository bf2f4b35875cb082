"""What every room may use: words in two languages, errors, time, money, masking. Knows no other room."""
