"""Compare how many SQL statements the service, the stored spans and the database count."""
