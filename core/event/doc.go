// Package event reads CloudTrail events from log files as they come.
//
// It splits what it is given into records without decoding them, takes out the
// few fields that somebody asked for, and reports what it could not read by
// place instead of failing on it. Records stay slices of the bytes read.
//
// It works in three layers. A tape marks where quotes and brackets stand in the
// text, 64 bytes at a time. A walk goes from mark to mark over a record,
// reads the names on the wanted paths and skips everything else unread. A Reader
// moves a window over a file, decompressed if need be, finds the records in
// whatever is around them, and after a bad one finds the next good one. What a
// file can cost in memory and time is bounded; see Options.
//
// Find and Valid go through single records byte by byte: they are the plain
// ways to any value, and to certainty that a record is JSON at all.
package event
