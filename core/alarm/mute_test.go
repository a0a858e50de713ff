package alarm

import (
	"strings"
	"testing"
	"time"
)

func schedule(t *testing.T, expression, duration string, zone *time.Location) Schedule {
	t.Helper()
	s, err := ParseSchedule(expression, duration, zone)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestMute: times and whether they are muted, until when. 2026-09-14 is a Monday.
func TestMute(t *testing.T) {
	east := time.FixedZone("east", 2*60*60)
	for _, c := range []struct {
		expression, duration string
		zone                 *time.Location
		at, until            string // until is empty where nothing is muted
	}{
		{"cron(0 2 * * *)", "PT4H", nil, "2026-09-14T01:59:59", ""},
		{"cron(0 2 * * *)", "PT4H", nil, "2026-09-14T02:00:00", "2026-09-14T06:00:00"},
		{"cron(0 2 * * *)", "PT4H", nil, "2026-09-14T05:59:59", "2026-09-14T06:00:00"},
		{"cron(0 2 * * *)", "PT4H", nil, "2026-09-14T06:00:00", ""},
		{"cron(0 2 * * *)", "PT4H", east, "2026-09-14T00:00:00", "2026-09-14T04:00:00"},
		{"cron(0 2 * * *)", "PT4H", east, "2026-09-14T04:00:00", ""},
		{"cron(0 23 * * *)", "PT2H", nil, "2026-09-14T00:30:00", "2026-09-14T01:00:00"},
		// The weekend, from Friday at six in the evening to Monday at six in the morning.
		{"cron(0 18 * * FRI)", "P2DT12H", nil, "2026-09-14T05:59:00", "2026-09-14T06:00:00"},
		{"cron(0 18 * * FRI)", "P2DT12H", nil, "2026-09-14T06:00:00", ""},
		{"cron(0 18 * * FRI)", "P2DT12H", nil, "2026-09-11T17:59:00", ""},
		{"cron(0 2 * * SUN)", "PT1H", nil, "2026-09-13T02:30:00", "2026-09-13T03:00:00"},
		{"cron(0 2 * * 7)", "PT1H", nil, "2026-09-13T02:30:00", "2026-09-13T03:00:00"},
		{"cron(0 2 * * 0)", "PT1H", nil, "2026-09-13T02:30:00", "2026-09-13T03:00:00"},
		{"cron(0 2 * * FRI-SUN)", "PT1H", nil, "2026-09-13T02:30:00", "2026-09-13T03:00:00"},
		{"cron(0 2 * * MON-FRI)", "PT1H", nil, "2026-09-13T02:30:00", ""},
		{"cron(0 1 1 * *)", "PT6H", nil, "2026-09-01T02:00:00", "2026-09-01T07:00:00"},
		{"cron(0 1 1 * *)", "P15D", nil, "2026-09-14T02:00:00", "2026-09-16T01:00:00"},
		{"cron(0 1 1 * *)", "PT6H", nil, "2026-09-02T02:00:00", ""},
		{"cron(0 0 23 DEC *)", "P7D", nil, "2026-12-29T12:00:00", "2026-12-30T00:00:00"},
		{"cron(0 0 31 2 *)", "P15D", nil, "2026-03-03T00:00:00", ""},
		{"cron(0,30 8-10 14 JAN,sep *)", "PT10M", nil, "2026-09-14T09:35:00", "2026-09-14T09:40:00"},
		{"cron(0,30 8-10 14 JAN,sep *)", "PT10M", nil, "2026-09-14T11:05:00", ""},
		// Day of month or day of week, as in crontab.
		{"cron(0 0 1 * MON)", "PT1H", nil, "2026-09-14T00:10:00", "2026-09-14T01:00:00"},
		{"cron(0 0 1 * MON)", "PT1H", nil, "2026-09-01T00:10:00", "2026-09-01T01:00:00"},
		{"cron(* * * * *)", "PT5M", nil, "2026-09-14T00:10:30", "2026-09-14T00:15:00"},
		{"at(2026-09-14T14:00)", "PT2H", nil, "2026-09-14T13:59:00", ""},
		{"at(2026-09-14T14:00)", "PT2H", nil, "2026-09-14T15:59:00", "2026-09-14T16:00:00"},
		{"at(2026-09-14T14:00)", "PT2H", nil, "2026-09-14T16:00:00", ""},
		{"at(2026-09-14T14:00)", "PT2H", east, "2026-09-14T12:00:00", "2026-09-14T14:00:00"},
	} {
		m := Mute{Schedule: schedule(t, c.expression, c.duration, c.zone)}
		now, err := time.Parse("2006-01-02T15:04:05", c.at)
		if err != nil {
			t.Fatal(err)
		}
		until, muted := m.At(now)
		got := ""
		if muted {
			got = until.UTC().Format("2006-01-02T15:04:05")
		}
		if got != c.until {
			t.Errorf("%s for %s at %s: %q, want %q", c.expression, c.duration, c.at, got, c.until)
		}
	}
}

// TestMuteBounds: start, expiry, targets, status, and several rules at once.
func TestMuteBounds(t *testing.T) {
	m := Mute{
		Name: "nightly", Alarms: []string{"a", "b"},
		Start: epoch, Expire: epoch.Add(48 * time.Hour),
		Schedule: schedule(t, "cron(0 11 * * *)", "PT2H", nil), // 11:00 to 13:00, epoch is 12:00
	}
	for _, c := range []struct {
		after  time.Duration
		until  time.Duration // 0 for not muted
		status string
	}{
		{-time.Minute, 0, "SCHEDULED"}, // in the window but before the start
		{0, time.Hour, "ACTIVE"},
		{time.Hour, 0, "SCHEDULED"},
		{23 * time.Hour, 25 * time.Hour, "ACTIVE"},
		{47*time.Hour + 30*time.Minute, 48 * time.Hour, "ACTIVE"}, // cut by the expiry
		{48 * time.Hour, 0, "EXPIRED"},
		{480 * time.Hour, 0, "EXPIRED"},
	} {
		until, muted := m.At(epoch.Add(c.after))
		if muted != (c.until > 0) || muted && !until.Equal(epoch.Add(c.until)) || m.Status(epoch.Add(c.after)) != c.status {
			t.Errorf("after %v: %v %v %s", c.after, until, muted, m.Status(epoch.Add(c.after)))
		}
	}
	longer := Mute{Alarms: []string{"b"}, Schedule: schedule(t, "at(2026-09-14T11:30)", "PT5H", nil)}
	if longer.Schedule.Recurring() || !m.Schedule.Recurring() || longer.Status(epoch.Add(24*time.Hour)) != "EXPIRED" || longer.Status(epoch.Add(-24*time.Hour)) != "SCHEDULED" {
		t.Error("one-time rule")
	}
	rules := []Mute{m, longer}
	if until, muted := Muted(rules, "a", epoch); !muted || !until.Equal(epoch.Add(time.Hour)) {
		t.Error(until, muted)
	}
	if until, muted := Muted(rules, "b", epoch); !muted || !until.Equal(epoch.Add(4*time.Hour+30*time.Minute)) {
		t.Error(until, muted)
	}
	if _, muted := Muted(rules, "c", epoch); muted {
		t.Error("an alarm that is no target is muted")
	}
}

func TestScheduleErrors(t *testing.T) {
	for _, c := range []struct{ expression, duration, want string }{
		{"cron(0 2 * *)", "PT1H", "5 fields"},
		{"cron(0 2 * * * *)", "PT1H", "5 fields"},
		{"cron(60 2 * * *)", "PT1H", `"60" is not a number from 0 to 59`},
		{"cron(0 24 * * *)", "PT1H", "hours"},
		{"cron(0 0 0 * *)", "PT1H", "day of month"},
		{"cron(0 0 * 13 *)", "PT1H", "a name such as FEB"},
		{"cron(0 0 * * 8)", "PT1H", "day of week"},
		{"cron(*/5 * * * *)", "PT1H", "minutes"},
		{"cron(5-1 * * * *)", "PT1H", "backwards"},
		{"cron(+5 * * * *)", "PT1H", "minutes"},
		{"cron(, * * * *)", "PT1H", "minutes"},
		{"cron(0 2 ? * *)", "PT1H", "day of month"},
		{"at(2026-09-14)", "PT1H", "2026-05-10T14:00"},
		{"at(2026-09-14T25:00)", "PT1H", "2026-05-10T14:00"},
		{"rate(5 minutes)", "PT1H", "cron(...) or at(...)"},
		{"cron(0 2 * * *", "PT1H", "cron(...) or at(...)"},
		{"", "PT1H", "cron(...) or at(...)"},
		{"cron(0 2 * * *)", "", "PT4H"},
		{"cron(0 2 * * *)", "P", "PT4H"},
		{"cron(0 2 * * *)", "PT", "PT4H"},
		{"cron(0 2 * * *)", "P1DT", "PT4H"},
		{"cron(0 2 * * *)", "4H", "PT4H"},
		{"cron(0 2 * * *)", "P4H", "PT4H"},
		{"cron(0 2 * * *)", "PT1M2H", "PT4H"},
		{"cron(0 2 * * *)", "PT30S", "PT4H"},
		{"cron(0 2 * * *)", "PT0M", "1 minute to 15 days"},
		{"cron(0 2 * * *)", "P16D", "1 minute to 15 days"},
		{"cron(0 2 * * *)", "P15DT1M", "1 minute to 15 days"},
	} {
		_, err := ParseSchedule(c.expression, c.duration, nil)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s for %s: %v, want %s", c.expression, c.duration, err, c.want)
		}
	}
}

// FuzzSchedule: nothing panics, and a muted time has its window's end ahead of
// it, no further than the duration.
func FuzzSchedule(f *testing.F) {
	f.Add("cron(0 18 * * FRI)", "P2DT12H", int64(1789365600))
	f.Add("cron(0,30 8-10 1 JAN,sep MON)", "PT10M", int64(0))
	f.Add("at(2026-09-14T14:00)", "P15D", int64(1789390000))
	f.Fuzz(func(t *testing.T, expression, duration string, seconds int64) {
		s, err := ParseSchedule(expression, duration, nil)
		if err != nil || seconds < -1<<40 || seconds > 1<<40 {
			return
		}
		now := time.Unix(seconds, 0).UTC()
		until, muted := Mute{Schedule: s}.At(now)
		if muted && (!until.After(now) || until.Sub(now) > s.Duration) {
			t.Fatalf("%s for %s at %s: until %s", expression, duration, now, until)
		}
	})
}
