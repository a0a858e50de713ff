package alarm

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"tocsin/core/metric"
)

// TestJudge runs testdata/judge/*.txt, in which time passes and data comes in:
//
//	alarm  GreaterThanOrEqualToThreshold 1  period=5m  missing=notBreaching
//	timing faithful                      immediate unless it says so
//	repeat on-new-events 10m
//	at     12:06:30 12:01=1 12:01=1      samples of minutes, known now
//	asleep 14:00                         nobody judges before
//	clock  11:50                         the clock jumps, back or ahead
//	set    12:30 ALARM                   by hand
//	tell   12:06:30 OK>ALARM             what was told since the last such row
//	tell   12:07:10 OK>ALARM late 12:01-12:17
//	stays  12:02-12:17 12:40-
//	due    12:08
//	reason has this in it
//
// The alarm is made at 12:00 and judged whenever it is due. A step is told with
// the extent of its data if the row has one. The rows from tell on look at how things
// are, and each telling has to be in a row.
func TestJudge(t *testing.T) {
	files, err := filepath.Glob("testdata/judge/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, block := range strings.Split("\n"+string(text), "\nalarm ")[1:] {
				runStory(t, strings.Split(block, "\n"))
			}
		})
	}
}

func runStory(t *testing.T, lines []string) {
	a, err := parseTimelineAlarm(strings.Fields(lines[0]))
	if err != nil {
		t.Fatalf("alarm %s: %v", lines[0], err)
	}
	d := newDesk(a, epoch)
	seen := 0 // tellings that had their row
	for _, line := range lines[1:] {
		line, _, _ = strings.Cut(line, "#")
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		switch fields[0] {
		case "timing":
			d.Timing = Timing(fields[1])
		case "repeat":
			every, err := time.ParseDuration(fields[2])
			if err != nil {
				t.Fatal(err)
			}
			d.Repeat = Repeat{Interval: fields[1] == "interval", OnNewEvents: fields[1] == "on-new-events", Every: every}
		case "at":
			now := parseClock(t, fields[1])
			d.run(t, now)
			for _, text := range fields[2:] {
				minute, value, _ := strings.Cut(text, "=")
				v, err := strconv.ParseFloat(value, 64)
				if err != nil {
					t.Fatalf("%s: %v", line, err)
				}
				d.add(parseClock(t, minute), metric.Of(v))
			}
			if len(fields) > 2 || d.due <= now {
				d.judge(t, now)
			}
		case "set":
			d.run(t, parseClock(t, fields[1]))
			d.Record, _, err = d.Record.Set(State(fields[2]), "by hand", "", time.UnixMilli(parseClock(t, fields[1])).UTC())
			if err != nil {
				t.Fatal(err)
			}
			d.judge(t, parseClock(t, fields[1]))
		case "clock":
			now := parseClock(t, fields[1])
			d.due = min(d.due, now) // whoever it wakes
			d.judge(t, now)
		case "asleep":
			d.due = max(d.due, parseClock(t, fields[1]))
		case "tell":
			if seen == len(d.told) {
				t.Fatalf("%s: nothing more was told", line)
			}
			if got := describe(d.told[seen], len(fields) > 3 && strings.Contains(fields[len(fields)-1], "-")); got != strings.Join(fields[1:], " ") {
				t.Fatalf("%s\n got %s\n     %s", line, got, d.told[seen].After.Reason)
			}
			seen++
		case "reason":
			if want := strings.Join(fields[1:], " "); seen == 0 || !strings.Contains(d.told[seen-1].After.Reason, want) {
				t.Fatalf("%s\n got %s", line, d.told[seen-1].After.Reason)
			}
		default:
			if got := lookAt(d, fields[0]); got != strings.Join(fields[1:], " ") {
				t.Fatalf("%s\n got %s", line, got)
			}
			continue
		}
	}
	if seen < len(d.told) {
		t.Fatalf("this has no row: %s: %s", describe(d.told[seen], true), d.told[seen].After.Reason)
	}
}

func describe(s telling, extent bool) string {
	text := fmt.Sprintf("%s %s>%s", clock(s.At), s.Before.State, s.After.State)
	if s.Repeated {
		text = fmt.Sprintf("%s again", clock(s.At))
	}
	if s.Late {
		text += " late"
	}
	if extent {
		text += " " + span(s.From, s.To)
	}
	return text
}

func lookAt(d *desk, what string) string {
	switch what {
	case "stays":
		return d.stays()
	case "due":
		return clock(d.due)
	case "state":
		return string(d.Record.State)
	case "unsettled":
		var out []string
		for _, m := range d.Touched {
			out = append(out, clock(m))
		}
		return strings.Join(out, " ")
	}
	return "no such row: " + what
}

// parseClock reads 12:06, 12:06:30, or a day away, +1d12:06.
func parseClock(t *testing.T, text string) int64 {
	t.Helper()
	day, rest, found := strings.Cut(text, "d")
	days := 0
	if !found {
		rest = text
	} else if n, err := strconv.Atoi(day); err == nil {
		days = n
	}
	layout := "15:04"
	if strings.Count(rest, ":") == 2 {
		layout = "15:04:05"
	}
	at, err := time.Parse(layout, rest)
	if err != nil {
		t.Fatal(err)
	}
	since := time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute + time.Duration(at.Second())*time.Second
	return epoch.Truncate(24*time.Hour).AddDate(0, 0, days).Add(since).UnixMilli()
}

// TestFinal: whether further data can take a breach back.
func TestFinal(t *testing.T) {
	for _, c := range []struct {
		operator  Operator
		statistic string
		values    []float64
		growing   bool
		final     bool
	}{
		{GreaterThanThreshold, "Sum", []float64{0, 2}, true, true},
		{GreaterThanOrEqualToThreshold, "Sum", nil, true, true},
		{GreaterThanThreshold, "Sum", []float64{3, -1}, true, false},
		{GreaterThanThreshold, "Maximum", []float64{-1}, true, true},
		{GreaterThanThreshold, "SampleCount", []float64{-1}, true, true},
		{GreaterThanThreshold, "Average", []float64{1}, false, false},
		{GreaterThanThreshold, "Minimum", []float64{1}, false, false},
		{GreaterThanThreshold, "p90", []float64{1}, false, false},
		{LessThanThreshold, "Sum", []float64{1}, false, false},
		{LessThanOrEqualToThreshold, "Maximum", []float64{1}, false, false},
		{GreaterThanUpperThreshold, "Maximum", []float64{1}, false, false},
	} {
		f := frame{Case: Case{Alarm: Alarm{ComparisonOperator: c.operator, Statistic: metric.MustStatistic(c.statistic)}}}
		for i, v := range c.values {
			f.Points = append(f.Points, metric.Point{Time: int64(i), Samples: metric.Of(v)})
		}
		if f.growing() != c.growing || f.final() != c.final {
			t.Errorf("%s %s of %v: growing %v, final %v", c.operator, c.statistic, c.values, f.growing(), f.final())
		}
	}
}

// TestReachIsBounded: of years of touched minutes one judgement takes a month's
// worth, newest first, and leaves the rest for the next.
func TestReachIsBounded(t *testing.T) {
	a, err := parseTimelineAlarm(strings.Fields("GreaterThanOrEqualToThreshold 1 period=5m missing=notBreaching"))
	if err != nil {
		t.Fatal(err)
	}
	d := newDesk(a, epoch)
	d.judge(t, epoch.UnixMilli())
	const years = 3 * 365 * 24 * 60
	for i := range int64(300) {
		d.add(epoch.UnixMilli()-minute*(2*24*60+i*years/300), metric.Of(1))
	}
	var length int64
	for _, s := range d.Reach(epoch) {
		length += s.To - s.From
	}
	if limit := 2 * maxReach.Milliseconds(); length > limit {
		t.Errorf("reach is %v", time.Duration(length)*time.Millisecond)
	}
	d.judge(t, epoch.UnixMilli()+1000)
	d.run(t, epoch.Add(time.Hour).UnixMilli())
	if len(d.Stays) != 300 || len(d.Touched) != 0 || slices.ContainsFunc(d.Stays, func(s Stay) bool { return s.Told == 0 }) {
		t.Errorf("%d stays, %d minutes left", len(d.Stays), len(d.Touched))
	}
	// Dense minutes need several rounds.
	d = newDesk(a, epoch)
	d.judge(t, epoch.UnixMilli())
	for i := range int64(100) {
		d.add(epoch.UnixMilli()-minute*(2*24*60+i*24*60), metric.Of(1))
	}
	first := d.judge(t, epoch.UnixMilli()+1000)
	if n := len(first.Settled); n == 0 || first.Due != epoch.UnixMilli()+1000 && n < 100 {
		t.Errorf("%d settled, due %s", n, clock(first.Due))
	}
	d.run(t, epoch.Add(time.Hour).UnixMilli())
	if len(d.Stays) != 100 || len(d.Touched) != 0 {
		t.Errorf("%d stays, %d minutes left", len(d.Stays), len(d.Touched))
	}
	if n := len(d.told); n > 8 {
		t.Errorf("told %d times", n)
	}
}
