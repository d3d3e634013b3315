-- Runs once, when the volume is new. Nothing here protects anything: the server is not published
-- to the host, and whoever is on the stack's own network may be whoever they say.

-- The clinic's role is not a superuser; it owns its database and nothing else.
CREATE ROLE clinic LOGIN;
CREATE DATABASE clinic OWNER clinic;

-- Reads the statistics of all roles, and no data.
CREATE ROLE monitor LOGIN;
GRANT pg_monitor TO monitor;

\connect clinic
CREATE EXTENSION pg_stat_statements;
