-- +goose Up
CREATE TABLE topics (
  arn      TEXT PRIMARY KEY,
  owner    TEXT NOT NULL,
  settings TEXT NOT NULL,
  policy   TEXT NOT NULL,
  created  BIGINT NOT NULL
);

CREATE TABLE subscriptions (
  arn       TEXT PRIMARY KEY,
  topic_arn TEXT NOT NULL,
  protocol  TEXT NOT NULL,
  endpoint  TEXT NOT NULL,
  stored    TEXT NOT NULL
);
CREATE INDEX subscriptions_topic ON subscriptions (topic_arn);

CREATE TABLE tokens (
  hash         BYTEA PRIMARY KEY,
  subscription TEXT NOT NULL,
  made         BIGINT NOT NULL
);
CREATE INDEX tokens_made ON tokens (made);
