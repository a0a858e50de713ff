package cli

import (
	"strings"
	"testing"
	"time"
)

func TestParseWindow(t *testing.T) {
	now := time.Date(2023, 7, 12, 15, 30, 45, 0, time.FixedZone("", 2*60*60)) // 13:30:45 UTC
	for _, row := range []struct{ since, until, want string }{
		{"", "", " .. "},
		{"2h", "", "2023-07-12T11:30:45Z .. "},
		{"2h ago", "", "2023-07-12T11:30:45Z .. "},
		{"1d12h", "", "2023-07-11T01:30:45Z .. "},
		{"90s", "", "2023-07-12T13:29:15Z .. "},
		{"1w", "3d", "2023-07-05T13:30:45Z .. 2023-07-09T13:30:45Z"},
		{"3d-1d", "", "2023-07-09T13:30:45Z .. 2023-07-11T13:30:45Z"},
		{"3d - 1d", "", "2023-07-09T13:30:45Z .. 2023-07-11T13:30:45Z"},
		{"3d-now", "", "2023-07-09T13:30:45Z .. 2023-07-12T13:30:45Z"},
		{"today", "", "2023-07-12T00:00:00Z .. "},
		{"yesterday", "yesterday", "2023-07-11T00:00:00Z .. 2023-07-11T23:59:59.999Z"},
		{"yesterday", "now", "2023-07-11T00:00:00Z .. 2023-07-12T13:30:45Z"},
		{"2023-07-10", "", "2023-07-10T00:00:00Z .. "},
		{"2023-07-10", "2023-07-10", "2023-07-10T00:00:00Z .. 2023-07-10T23:59:59.999Z"},
		{"2023-07-10..2023-07-11", "", "2023-07-10T00:00:00Z .. 2023-07-11T23:59:59.999Z"},
		{"2023-07-10T12:00", "2023-07-10 12:30", "2023-07-10T12:00:00Z .. 2023-07-10T12:30:00Z"},
		{"2023-07-10T12:00:05", "", "2023-07-10T12:00:05Z .. "},
		{"2023-07-10T12:00:00Z", "2023-07-10T14:00:01+02:00", "2023-07-10T12:00:00Z .. 2023-07-10T12:00:01Z"},
		{"2023-07-10T12:00:00.5Z", "", "2023-07-10T12:00:00.5Z .. "},
		{"2023-07-10T12:00+02:00", "", "2023-07-10T10:00:00Z .. "},
		{"", "2024-02-29", " .. 2024-02-29T23:59:59.999Z"},
	} {
		w, err := parseWindow(row.since, row.until, now)
		if err != nil {
			t.Errorf("since %q until %q: %v", row.since, row.until, err)
			continue
		}
		text := func(t time.Time) string {
			if t.IsZero() {
				return ""
			}
			return t.Format(time.RFC3339Nano)
		}
		if got := text(w.since) + " .. " + text(w.until); got != row.want {
			t.Errorf("since %q until %q: got %s, want %s", row.since, row.until, got, row.want)
		}
	}
}

func TestParseWindowRefuses(t *testing.T) {
	now := time.Date(2023, 7, 12, 13, 30, 45, 0, time.UTC)
	for _, row := range []struct{ since, until, want string }{
		{"last week", "", `--since: "last week" is no time; write 2h, 3d`},
		{"", "tomorrow", `--until: "tomorrow" is no time`},
		{"2023-13-01", "", "is no time"},
		{"2023-02-29", "", "is no time"},
		{"10", "", "is no time"},
		{"3y", "", "is no time"},
		{"-2h", "", "is no time"},
		{"99999999w", "", "is no time"},
		{"200y", "", "is no time"},
		{"52w52w52w999999d", "", "is no time"},
		{"1d-3d", "", "the first must be the earlier"},
		{"now", "2h", "the first must be the earlier"},
		{"2023-07-10", "2023-07-09", "the first must be the earlier"},
		{"3d-1d", "now", "already says until when"},
		{"3d..", "x", "already says until when"},
		{"3d..x", "", `--until: "x" is no time`},
		{"2023-07-10-2023-07-12", "", "2023-07-10..2023-07-12"},
	} {
		_, err := parseWindow(row.since, row.until, now)
		if err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("since %q until %q: got %v, want %q", row.since, row.until, err, row.want)
		}
	}
}
