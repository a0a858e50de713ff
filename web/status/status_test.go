package status

import (
	"testing"
	"time"

	"tocsin/core/alarm"
	"tocsin/store/state"
)

func TestAgo(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for want, at := range map[string]time.Time{
		"never":         {},
		"just now":      now.Add(-4 * time.Second),
		"5 seconds ago": now.Add(-5 * time.Second),
		"1 minute ago":  now.Add(-119 * time.Second),
		"23 hours ago":  now.Add(-24*time.Hour + time.Second),
		"2 days ago":    now.Add(-50 * time.Hour),
		"in 1 hour":     now.Add(time.Hour),
	} {
		if got := ago(now, at); got != want {
			t.Errorf("ago(%v) = %q, want %q", at, got, want)
		}
	}
}

func TestNumberAndSize(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1000: "-1,000"} {
		if got := number(n); got != want {
			t.Errorf("number(%d) = %q, want %q", n, got, want)
		}
	}
	for n, want := range map[int64]string{999: "999 B", 1000: "1.0 kB", 1_550_000: "1.6 MB", 2_000_000_000: "2.0 GB"} {
		if got := size(n); got != want {
			t.Errorf("size(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestRinging(t *testing.T) {
	row := func(name, title string) alarmRow {
		return alarmRow{Alarm: state.Alarm{Definition: alarm.Alarm{Name: name}, Extra: state.AlarmExtra{Title: title}}}
	}
	s := snapshot{Alarms: []alarmRow{row("a", "Root"), row("b", ""), row("c", "C"), row("d", "D"), row("e", "E")}}
	for ringing, want := range map[int]string{0: "", 1: "Root", 2: "Root · b", 4: "Root · b · C · 1 more"} {
		s.InAlarm = ringing
		if got := s.Ringing(); got != want {
			t.Errorf("of %d ringing: %q, want %q", ringing, got, want)
		}
	}
}
