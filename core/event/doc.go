// Package event reads CloudTrail events from log files as they come.
//
// It splits what it is given into records without decoding them, takes out the
// few fields that somebody asked for, and reports what it could not read by
// place instead of failing on it. Records stay slices of the bytes read.
package event
