-- +goose Up
-- What an alarm still has to do at a time: actions that a mute rule holds back, or
-- the end of a wait or extension period of a composite alarm.
CREATE TABLE timers (
  arn  TEXT PRIMARY KEY,
  due  BIGINT NOT NULL,
  body TEXT NOT NULL
);
CREATE INDEX timers_due ON timers (due);
