"""What can be reached: one module for each resource."""
