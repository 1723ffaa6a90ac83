"""Numbers from the linked tables: what is counted, what follows from it, and how sure it is."""
