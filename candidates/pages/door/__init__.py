"""The door desk: who is here, whose ID was checked, and spare logins."""
