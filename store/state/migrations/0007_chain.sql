-- +goose Up
-- Began is when the newest log file with samples of the minute began to be read.
ALTER TABLE touched ADD COLUMN began BIGINT NOT NULL DEFAULT 0;
