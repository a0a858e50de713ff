package alarm

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tocsin/core/metric"
)

// A sample is a value of a minute and when it gets known.
type sample struct {
	minute, known int64
	value         float64
}

func drawAlarm(t *rapid.T) Alarm {
	a := Alarm{
		Name: "drawn", Namespace: "n", MetricName: "m",
		Period:             rapid.SampledFrom([]int{60, 120, 300}).Draw(t, "period"),
		EvaluationPeriods:  rapid.IntRange(1, 3).Draw(t, "N"),
		Threshold:          float64(rapid.IntRange(1, 3).Draw(t, "threshold")),
		ComparisonOperator: rapid.SampledFrom(compares).Draw(t, "operator"),
		TreatMissingData:   rapid.SampledFrom(treats).Draw(t, "missing"),
		Statistic:          metric.MustStatistic(rapid.SampledFrom([]string{"Sum", "Maximum", "Average", "SampleCount"}).Draw(t, "statistic")),
	}
	a.DatapointsToAlarm = rapid.IntRange(0, a.EvaluationPeriods).Draw(t, "M")
	return a
}

// drawSamples are samples of the first hours, in the order in which they get known.
func drawSamples(t *rapid.T, maxDelay int64) []sample {
	var out []sample
	for range rapid.IntRange(0, 30).Draw(t, "samples") {
		s := sample{
			minute: epoch.UnixMilli() + minute*rapid.Int64Range(0, 120).Draw(t, "minute"),
			value:  float64(rapid.IntRange(0, 3).Draw(t, "value")),
		}
		s.known = s.minute + rapid.Int64Range(0, minute-1).Draw(t, "second")
		if maxDelay > 0 {
			s.known += rapid.Int64Range(0, maxDelay).Draw(t, "delay")
		}
		out = append(out, s)
	}
	slices.SortStableFunc(out, func(a, b sample) int { return cmp.Compare(a.known, b.known) })
	return out
}

// play feeds samples as they get known, and judges whenever that is due, until
// well after the last.
func play(t *rapid.T, d *desk, samples []sample) (end int64) {
	end = epoch.Add(12 * time.Hour).UnixMilli()
	for _, s := range samples {
		d.run(t, s.known)
		d.add(s.minute, metric.Of(s.value))
		d.judge(t, s.known)
	}
	d.run(t, end)
	return end
}

// TestFaithfulIsReplay: data that comes in time leads to exactly the changes of
// state that Replay finds.
func TestFaithfulIsReplay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := newDesk(drawAlarm(t), epoch)
		d.Timing = Faithful
		end := play(t, d, drawSamples(t, 0))
		got, want := d.changes(t), changesOf(d, end)
		if !slices.Equal(got, want) {
			t.Fatalf("%+v\n got  %v\n want %v", d.Alarm, got, want)
		}
	})
}

func (d *desk) changes(t *rapid.T) []string {
	var out []string
	for _, s := range d.told {
		if s.Late || s.Repeated {
			t.Fatalf("%s: late %v, repeated %v", clock(s.At), s.Late, s.Repeated)
		}
		// A tick is judged when it is due, or by data that comes in its minute.
		out = append(out, fmt.Sprint(clock(metric.Align(s.At, Cadence(d.Alarm))), s.Before.State, s.After.State))
	}
	return out
}

func changesOf(d *desk, end int64) []string {
	var out []string
	for t := range Replay(d.Alarm, d.points, epoch, time.UnixMilli(end)) {
		out = append(out, fmt.Sprint(clock(t.At.UnixMilli()), t.From, t.To))
	}
	return out
}

// TestImmediateIsNotLater: with data that comes in time, the immediate timing is
// in the same state as Replay at every tick, and every stay in ALARM was told by
// its tick.
func TestImmediateIsNotLater(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := newDesk(drawAlarm(t), epoch)
		end := play(t, d, drawSamples(t, 0))
		want := replayed(d.Alarm, d.points, epoch, time.UnixMilli(end))
		var got []Stay
		for _, s := range d.told {
			switch {
			case s.Late:
				t.Fatalf("%s: late", clock(s.At))
			case s.After.State == InAlarm:
				got = append(got, Stay{From: s.At, To: Never})
			case s.Before.State == InAlarm:
				got[len(got)-1].To = s.At
			}
		}
		if len(got) != len(want) {
			t.Fatalf("%+v\n got  %v\n want %v", d.Alarm, spans(got), spans(want))
		}
		for i := range want {
			if got[i].From > want[i].From || got[i].From < want[i].From-minute || got[i].To != want[i].To {
				t.Fatalf("%+v\n got  %v\n want %v", d.Alarm, spans(got), spans(want))
			}
		}
		if known := spans(d.Stays); fmt.Sprint(known) != fmt.Sprint(spans(want)) {
			t.Fatalf("%+v\n kept %v\n want %v", d.Alarm, known, spans(want))
		}
	})
}

func spans(stays []Stay) []string {
	var out []string
	for _, s := range stays {
		out = append(out, span(s.From, s.To))
	}
	return out
}

// TestHindsightIsReplay: whatever the delays and the order in which data comes,
// the immediate timing ends with exactly the stays in ALARM that Replay finds when
// it has all data, and each of them was told, when every sample breaches. (Where
// some do not, an alarm may ring for want of one that comes later, as in AWS.)
func TestHindsightIsReplay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := newDesk(drawAlarm(t), epoch.Add(-time.Minute))
		d.Alarm.EvaluationPeriods, d.Alarm.DatapointsToAlarm, d.Alarm.Threshold = 1, 0, 1
		d.Alarm.ComparisonOperator = GreaterThanOrEqualToThreshold
		d.Alarm.Statistic = metric.MustStatistic(rapid.SampledFrom([]string{"Sum", "Maximum", "SampleCount"}).Draw(t, "statistic"))
		d.Alarm.TreatMissingData = rapid.SampledFrom([]TreatMissingData{Missing, NotBreaching}).Draw(t, "missing")
		samples := drawSamples(t, 6*60*minute)
		for i := range samples {
			samples[i].value++
		}
		play(t, d, samples)
		if got, want := spans(d.Stays), spans(replayed(d.Alarm, d.points, epoch, time.Time{})); !slices.Equal(got, want) {
			t.Fatalf("%+v\n kept %v\n want %v", d.Alarm, got, want)
		}
		for _, s := range d.Stays {
			if s.Told == 0 {
				t.Fatalf("%s was not told", span(s.From, s.To))
			}
		}
		if d.Record.State == InAlarm {
			t.Fatalf("still in ALARM: %s", d.Record.Reason)
		}
	})
}

// TestWhateverTheClockDoes: with alarms judged too late, clocks that jump ahead
// and back by up to two days, and data that comes late, every stay in ALARM that
// Replay finds is known and told, and the alarm is neither judged nor told of
// without end.
func TestWhateverTheClockDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := drawAlarm(t)
		a.EvaluationPeriods, a.DatapointsToAlarm = 1, 0
		a.ComparisonOperator, a.Statistic, a.TreatMissingData = GreaterThanOrEqualToThreshold, summation, NotBreaching
		d := newDesk(a, epoch)
		for _, s := range drawSamples(t, 60*minute) {
			d.add(s.minute, metric.Of(s.value))
			now := s.known
			switch rapid.IntRange(0, 5).Draw(t, "clock") {
			case 0:
				now += rapid.Int64Range(0, 2*24*60*minute).Draw(t, "ahead")
			case 1:
				now -= rapid.Int64Range(0, 2*24*60*minute).Draw(t, "back")
			case 2:
				continue // nobody there to judge
			}
			d.judge(t, now)
		}
		d.judged, d.due = 0, min(d.due, epoch.Add(4*time.Hour).UnixMilli())
		d.run(t, epoch.Add(100*24*time.Hour).UnixMilli())
		if d.judged > 300 {
			t.Fatalf("judged %d times", d.judged)
		}
		for _, w := range replayed(a, d.points, epoch, time.Time{}) {
			kept := slices.ContainsFunc(d.Stays, func(s Stay) bool { return s.From <= w.To && w.From <= s.To && s.Told != 0 })
			told := slices.ContainsFunc(d.told, func(s telling) bool {
				return s.After.State == InAlarm && s.From <= w.To && w.From <= s.To
			})
			if !kept && !told {
				t.Fatalf("%+v\n kept %v\n lacks %v", a, spans(d.Stays), span(w.From, w.To))
			}
		}
		if len(d.told) > 4*31 {
			t.Fatalf("told %d times", len(d.told))
		}
	})
}

// TestComesToRest: whatever the alarm, the clock and the data do, in the end time
// changes nothing any more, nothing is left to be told or judged, and the state is
// what the last data and the silence since make it.
func TestComesToRest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := newDesk(drawAlarm(t), epoch)
		d.Timing = rapid.SampledFrom([]Timing{Immediate, Faithful}).Draw(t, "timing")
		d.Repeat = rapid.SampledFrom([]Repeat{{}, {OnNewEvents: true, Every: 3 * time.Minute}}).Draw(t, "repeat")
		now := epoch.UnixMilli()
		for _, s := range drawSamples(t, 3*60*minute) {
			d.add(s.minute, metric.Of(s.value))
			now = s.known
			switch rapid.IntRange(0, 6).Draw(t, "clock") {
			case 0:
				now += rapid.Int64Range(0, 5*60*minute).Draw(t, "ahead")
			case 1:
				now -= rapid.Int64Range(0, 5*60*minute).Draw(t, "back")
			case 2:
				continue
			case 3:
				at := time.UnixMilli(now).UTC()
				var err error
				if d.Record, _, err = d.Record.Set(rapid.SampledFrom(states).Draw(t, "set"), "by hand", "", at); err != nil {
					t.Fatal(err)
				}
			}
			d.judge(t, now)
		}
		d.due = min(d.due, now)
		d.run(t, epoch.Add(1000*24*time.Hour).UnixMilli())
		silence := []Datapoint{{Missing: true}, {Missing: true}, {Missing: true}}
		switch {
		case d.due != Never:
			t.Fatalf("due at %s", clock(d.due))
		case len(d.Touched) > 0:
			t.Fatalf("unsettled: %v", d.Touched)
		case slices.ContainsFunc(d.Stays, func(s Stay) bool { return s.Told == 0 }):
			t.Fatalf("untold: %s", d.stays())
		case Evaluate(d.Alarm, d.Record.State, silence).State != d.Record.State:
			t.Fatalf("in the end %s", d.Record.State)
		}
	})
}
