"""What people see: one family of pages each, with its addresses, views, forms and rows."""
