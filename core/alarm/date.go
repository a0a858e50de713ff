package alarm

import (
	"strconv"
	"time"
)

// A timestamp prints as the dates of state reason data and notices do:
// 2026-09-14T11:18:44.401+0000.
type timestamp time.Time

const timestampLayout = "2006-01-02T15:04:05.000-0700"

func (t timestamp) String() string { return time.Time(t).UTC().Format(timestampLayout) }

// MarshalJSON writes the date as a string.
func (t timestamp) MarshalJSON() ([]byte, error) { return []byte(strconv.Quote(t.String())), nil }

// shortDate is the date of a datapoint in a state reason: 14/09/26 11:13:00.
func shortDate(t time.Time) string { return t.UTC().Format("02/01/06 15:04:05") }

// longDate is the date in e-mails and in the reasons of composite alarms:
// Monday 14 September, 2026 11:18:44 UTC.
func longDate(t time.Time) string { return t.UTC().Format("Monday 02 January, 2006 15:04:05 UTC") }
