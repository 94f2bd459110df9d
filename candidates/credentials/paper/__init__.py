"""Papers of the hall as PDF: cover sheets, attendance and door lists, spare and void slips, key lists, the pack."""
