package event

import (
	"testing"
	"time"
)

func TestTime(t *testing.T) {
	for s, want := range map[string]string{
		"2023-07-10T11:42:18Z":          "2023-07-10T11:42:18Z",
		"2023-07-10T11:42:18.5Z":        "2023-07-10T11:42:18.5Z",
		"2023-07-10T11:42:18.123456Z":   "2023-07-10T11:42:18.123Z",
		"2022-02-08 09:23:37+11:00":     "2022-02-07T22:23:37Z",
		"2022-02-08T09:23:37.250-01:30": "2022-02-08T10:53:37.25Z",
		"20131102T010628Z":              "2013-11-02T01:06:28Z",
		"1970-01-01T00:00:00Z":          "1970-01-01T00:00:00Z",
		"1969-12-31T23:59:59Z":          "1969-12-31T23:59:59Z",
		"2000-02-29T00:00:00Z":          "2000-02-29T00:00:00Z",
		"2016-12-31T23:59:60Z":          "2017-01-01T00:00:00Z",
		"9998-12-31T23:59:59Z":          "9998-12-31T23:59:59Z",
	} {
		at, err := time.Parse(time.RFC3339, want)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := Time(text(s)); !ok || got != at.UnixMilli() {
			t.Errorf("%s: %d, %v; want %d", s, got, ok, at.UnixMilli())
		}
	}
	for s, want := range map[string]int64{
		"1644272617": 1644272617000, "1644272617.25": 1644272617250, "1644272617000": 1644272617000, "0": 0, "1.2345": 1234,
	} {
		if got, ok := Time(Value{Raw: []byte(s), Kind: Number}); !ok || got != want {
			t.Errorf("%s: %d, %v; want %d", s, got, ok, want)
		}
	}
	for _, v := range []Value{
		{},
		{Kind: Null, Raw: []byte("null")},
		text(""), text("2023-07-10"), text("TT00:52:27Z"), text("2025-10-21TT00:52:27Z"),
		text("2023-13-10T11:42:18Z"), text("2023-02-30T11:42:18Z"), text("2023-07-10T24:42:18Z"), text("2023-07-10T11:42:18"), text("2023-07-10T11:42:18.Z"),
		text("2023-07-10T11:42:18Zx"), text("2023-07-10T11:42:18+25:00"), text("2023-07-1xT11:42:18Z"), text("20131102T010628+"), text("2023-07-10T11:42:1-Z"),
		{Kind: Number, Raw: []byte("-1")},
		{Kind: Number, Raw: []byte("1e9")},
		{Kind: Number, Raw: []byte("1234567890123456")},
		text("9999-12-31T23:59:59Z"), // with a period added, a time that JSON cannot write
		{Kind: Number, Raw: []byte("999999999999999")},
	} {
		if got, ok := Time(v); ok {
			t.Errorf("%s is the time %d", v.Raw, got)
		}
	}
	// Every day of four centuries, which is how the calendar repeats.
	for day := time.Date(1900, 1, 1, 12, 30, 15, 0, time.UTC); day.Year() < 2301; day = day.AddDate(0, 0, 1) {
		if got, ok := Time(text(day.Format(time.RFC3339))); !ok || got != day.UnixMilli() {
			t.Fatalf("%v: %d, %v; want %d", day, got, ok, day.UnixMilli())
		}
	}
}
