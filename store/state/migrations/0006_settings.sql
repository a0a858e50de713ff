-- +goose Up
CREATE TABLE settings (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
);

CREATE TABLE leases (
  name      TEXT PRIMARY KEY,
  owner     TEXT NOT NULL,
  ends      BIGINT NOT NULL
);
