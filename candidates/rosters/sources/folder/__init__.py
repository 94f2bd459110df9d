"""The drop folder: whoever can write a list into a folder can send it, and finds a report beside it."""
