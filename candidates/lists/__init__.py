"""What list pages show: rows made once per page, so that templates only print them."""
