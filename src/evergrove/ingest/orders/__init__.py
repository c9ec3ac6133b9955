"""Files of orders and order lines to typed, judged rows: good, rejected or a duplicate."""
