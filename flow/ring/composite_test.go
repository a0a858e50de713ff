package ring_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin/core/alarm"
	"tocsin/core/evidence"
	"tocsin/core/metric"
	"tocsin/flow/ring"
	"tocsin/store/state"
)

func arnOf(name string) string {
	return alarm.ARN(scope.Partition, scope.Region, scope.Account, name)
}

// child puts an alarm in OK that keeps its state while there is no data, and does nothing.
func (w *world) child(name string) {
	w.alarm(name, func(a *state.Alarm) {
		a.Record.State = alarm.OK
		a.Definition.TreatMissingData, a.Definition.AlarmActions = alarm.Ignore, nil
	})
}

// set does what SetAlarmState does.
func (w *world) set(name string, to alarm.State, at time.Time) {
	w.t.Helper()
	w.update(func(ctx context.Context, tx *state.Tx) error {
		a, err := tx.Alarm(ctx, arnOf(name))
		if err != nil {
			return err
		}
		after, _, err := a.Record.Set(to, "by hand", "", at)
		return errors.Join(err, tx.SetAlarmRecord(ctx, a.Definition.ARN, after),
			tx.AddHistory(ctx, a.Definition.ARN, alarm.StateUpdated(name, alarm.MetricAlarm, a.Record, after)),
			tx.AddTransition(ctx, state.Transition{Scope: scope, ARN: a.Definition.ARN, Before: a.Record, After: after}))
	})
}

// composite does what PutCompositeAlarm does for a new alarm that acts on all states.
func (w *world) composite(name, rule string, at time.Time, change func(*alarm.Composite)) {
	w.t.Helper()
	parsed, err := alarm.ParseRule(rule)
	if err != nil {
		w.t.Fatal(err)
	}
	c := alarm.Composite{
		Name: name, ARN: arnOf(name), Rule: parsed, ActionsEnabled: true, ConfigurationUpdated: at,
		AlarmActions: []string{topicARN}, OKActions: []string{topicARN},
	}
	if change != nil {
		change(&c)
	}
	w.update(func(ctx context.Context, tx *state.Tx) error {
		before := alarm.NewRecord(at)
		after := c.Created(func(arn string) alarm.Child {
			a, err := tx.Alarm(ctx, arn)
			if err != nil {
				return alarm.Child{ARN: arn, State: alarm.OK, Since: start}
			}
			return alarm.Child{ARN: arn, State: a.Record.State, Since: a.Record.Transitioned}
		}, at)
		_, err := state.CompositeAlarms.Put(ctx, tx, state.Resource[state.CompositeAlarm]{
			Scope: scope, Name: name, Created: at,
			Value: state.CompositeAlarm{Definition: c, Record: after, Suppression: alarm.NewSuppression(before.State)},
		})
		return errors.Join(err, tx.AddTransition(ctx, state.Transition{Scope: scope, ARN: c.ARN, Composite: true, Before: before, After: after}))
	})
}

func (w *world) storedComposite(name string) state.CompositeAlarm {
	w.t.Helper()
	var out state.Resource[state.CompositeAlarm]
	w.update(func(ctx context.Context, tx *state.Tx) (err error) {
		out, err = state.CompositeAlarms.Get(ctx, tx, scope, name)
		return err
	})
	return out.Value
}

// TestSuppressionTimelines: a composite alarm on one child, with a wait period of 2
// and an extension period of 3 seconds; column n is second n. Rows are the states of
// the suppressor and the child, what suppresses (Wait period, Suppressor, Extension
// period), and the messages with their seconds.
func TestSuppressionTimelines(t *testing.T) {
	for _, c := range []struct{ name, suppressor, child, by, told string }{
		{"after the wait period", "ooooooo", "ooAAAAA", "..WW...", "4A"},
		{"the suppressor comes within the wait period", "oooAAAA", "ooAAAAA", "..WSSSS", ""},
		{"another change restarts the wait period", "ooooooo", "ooAoooo", "..WWW..", "5o"},
		{"the suppressor was there before", "oAAAAAA", "ooAAAAA", "..SSSSS", ""},
		{"after the extension period", "oooAAAoooooo", "ooAAAAAAAAAA", "..WSSSEEE...", "9A"},
		{"a change within the extension period", "oooAAAoooooo", "ooAAAAAooooo", "..WSSSEWW...", "9o"},
		{"the suppressor comes back", "oooAAAoAAooooo", "ooAAAAAAAAAAAA", "..WSSSESSEEE..", "12A"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, sqlite(t), nil)
			w.child("s")
			w.child("a")
			w.composite("all", "ALARM(a)", start, func(c *alarm.Composite) {
				c.ActionsSuppressor, c.WaitPeriod, c.ExtensionPeriod = "s", 2, 3
			})
			w.tick(start)
			w.tick(start.Add(5 * time.Second))
			if got := w.subjects(); len(got) != 1 { // its way to OK waits as well
				t.Fatalf("creation told %q", got)
			}
			states := map[byte]alarm.State{'o': alarm.OK, 'A': alarm.InAlarm}
			var by, told []string
			for i := range len(c.child) {
				at := start.Add(10*time.Second + time.Duration(i)*time.Second)
				for name, row := range map[string]string{"s": c.suppressor, "a": c.child} {
					if i > 0 && row[i] != row[i-1] {
						w.set(name, states[row[i]], at)
					}
				}
				w.tick(at)
				letter := map[alarm.SuppressedBy]string{"": ".", alarm.SuppressedByAlarm: "S", alarm.SuppressedByWaitPeriod: "W", alarm.SuppressedByExtensionPeriod: "E"}
				by = append(by, letter[w.storedComposite("all").Suppression.By])
				for _, p := range w.outbox() {
					told = append(told, fmt.Sprint(i)+map[bool]string{true: "A", false: "o"}[strings.HasPrefix(p.Message.Subject, "ALARM")])
				}
			}
			if diff := cmp.Diff([]string{c.by, c.told}, []string{strings.Join(by, ""), strings.Join(told, " ")}); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestSuppressionWithAWrongClock: a wait period that a clock began which was a year
// ahead ends as if it had begun when the clock was set right.
func TestSuppressionWithAWrongClock(t *testing.T) {
	w := newWorld(t, sqlite(t), nil)
	w.child("s")
	w.child("a")
	w.composite("all", "ALARM(a)", start, func(c *alarm.Composite) { c.ActionsSuppressor, c.WaitPeriod, c.ExtensionPeriod = "s", 120, 60 })
	w.run(start, start.Add(5*time.Minute))
	w.outbox()
	w.set("a", alarm.InAlarm, start.AddDate(1, 0, 0))
	w.tick(start.AddDate(1, 0, 0))
	right := start.Add(10 * time.Minute)
	if next := w.tick(right); next.After(right.Add(2 * time.Minute)) {
		t.Errorf("due at %s", next)
	}
	w.tick(right.Add(time.Minute))
	if got := w.subjects(); len(got) != 0 {
		t.Errorf("too early: %q", got)
	}
	w.tick(right.Add(2 * time.Minute))
	if got := w.subjects(); len(got) != 1 {
		t.Errorf("told %q", got)
	}
}

// TestStuck: a change that cannot be followed keeps nothing else from it, and the log
// is told once.
func TestStuck(t *testing.T) {
	w := newWorld(t, sqlite(t), nil)
	w.alarm("good", func(a *state.Alarm) { a.Definition.TreatMissingData = alarm.Ignore })
	w.composite("fine", "ALARM(good)", start, nil)
	w.tick(start)
	w.outbox()
	w.update(func(ctx context.Context, tx *state.Tx) error { // of what is stored there is no sense to be made
		damaged := state.Kind[string](state.CompositeAlarms)
		_, err := damaged.Put(ctx, tx, state.Resource[string]{Scope: scope, Name: "bad", Value: "ALARM(good)"})
		return errors.Join(err, tx.SetTimer(ctx, state.Timer{ARN: arnOf("bad"), Due: start.UnixMilli(), Body: "{}"}),
			tx.SetTimer(ctx, state.Timer{ARN: arnOf("good"), Due: start.UnixMilli(), Body: "{"}))
	})
	for i := range 3 {
		at := start.Add(time.Duration(i+1) * time.Minute)
		w.count("good", at, 1)
		w.run(at, at)
	}
	if diff := cmp.Diff([]string{`ALARM: "good" in EU (Frankfurt)`, `ALARM: "fine" in EU (Frankfurt)`}, w.subjects()); diff != "" {
		t.Error(diff)
	}
	if n := strings.Count(w.log.String(), "will be tried again"); n != 1 {
		t.Errorf("the log was told %d times:\n%s", n, w.log.String())
	}
}

// TestComposite is the whole way: events ring a child, which rings a composite
// alarm, which rings another; each tells once.
func TestComposite(t *testing.T) {
	onBoth(t, func(t *testing.T, db *state.DB) {
		w := newWorld(t, db, nil)
		f := w.filter("a", nil)
		w.alarm("a", nil)
		w.child("b")
		w.composite("both", "ALARM(a) AND ALARM(b)", start, nil)
		w.composite("outer", "ALARM(both) OR INSUFFICIENT_DATA(b)", start, nil)
		w.run(start, start)
		if got := w.subjects(); len(got) != 2 { // both went to OK
			t.Errorf("creation told %q", got)
		}
		w.set("b", alarm.InAlarm, start.Add(5*time.Minute))
		w.tick(start.Add(5 * time.Minute))
		if got := w.subjects(); len(got) != 0 {
			t.Errorf("one of two told %q", got)
		}
		now := start.Add(10 * time.Minute)
		w.events(f, metric.NewIdentity("CIS", "a"), now, evidence.Event{Name: "DeleteTrail", Principal: "mallory"})
		w.run(now, now.Add(time.Hour))
		out := w.outbox()
		var subjects []string
		for _, p := range out {
			subjects = append(subjects, p.Message.Subject)
		}
		if diff := cmp.Diff([]string{
			`ALARM: "a" in EU (Frankfurt)`, `ALARM: "both" in EU (Frankfurt)`, `ALARM: "outer" in EU (Frankfurt)`,
			`OK: "both" in EU (Frankfurt)`, `OK: "outer" in EU (Frankfurt)`,
		}, subjects); diff != "" {
			t.Fatal(diff)
		}
		var document struct {
			AlarmRule, NewStateReason, OldStateValue string
			TriggeringChildren                       []struct{ Arn string }
		}
		if err := json.Unmarshal([]byte(out[1].Message.Default), &document); err != nil {
			t.Fatal(err)
		}
		if document.OldStateValue != "OK" || document.AlarmRule != "ALARM(a) AND ALARM(b)" || len(document.TriggeringChildren) != 1 ||
			document.TriggeringChildren[0].Arn != arnOf("a") ||
			document.NewStateReason != arnOf("a")+" transitioned to ALARM at Monday 14 September, 2026 12:10:00 UTC" {
			t.Errorf("%+v", document)
		}
		if out[1].Alarm != arnOf("both") || out[1].ChainStart != out[0].ChainStart || out[0].ChainStart == 0 {
			t.Errorf("published by %s, of files from %d on", out[1].Alarm, out[1].ChainStart)
		}
		var summary evidence.Summary // who did what is told by all three
		if err := json.Unmarshal(out[2].Summary, &summary); err != nil {
			t.Fatal(err)
		}
		if summary.Alarm != "outer" || summary.Title != "" || summary.Count != 1 || len(summary.Newest) != 1 || summary.Newest[0].Principal != "mallory" {
			t.Errorf("%+v", summary)
		}
		var items []string
		for _, h := range w.history(arnOf("both")) {
			items = append(items, h.Timestamp.Format("15:04 ")+h.AlarmType+" "+h.Summary)
		}
		if diff := cmp.Diff([]string{
			"12:00 CompositeAlarm Successfully executed action " + topicARN,
			"12:10 CompositeAlarm Alarm updated from OK to ALARM", "12:10 CompositeAlarm Successfully executed action " + topicARN,
			"12:26 CompositeAlarm Alarm updated from ALARM to OK", "12:26 CompositeAlarm Successfully executed action " + topicARN,
		}, items); diff != "" {
			t.Error(diff)
		}
	})
}

// TestCompositeOfChildrenAtOnce: two children change at the same time, in two
// processes; whichever comes second sees the first.
func TestCompositeOfChildrenAtOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, db *state.DB) {
		w := newWorld(t, db, nil)
		const pairs = 8
		for i := range pairs {
			a, b := fmt.Sprint("a", i), fmt.Sprint("b", i)
			w.child(a)
			w.child(b)
			w.composite(fmt.Sprint("both", i), fmt.Sprintf("ALARM(%s) AND ALARM(%s)", a, b), start, nil)
		}
		w.tick(start)
		w.outbox()
		other := ring.New(ring.Options{State: db, Owner: "two", Log: slog.New(slog.DiscardHandler)})
		now := start.Add(time.Minute)
		for i := range pairs {
			w.set(fmt.Sprint("a", i), alarm.InAlarm, now)
			w.set(fmt.Sprint("b", i), alarm.InAlarm, now)
		}
		var wait sync.WaitGroup
		for _, r := range []*ring.Ringer{w.Ringer, other} {
			wait.Go(func() {
				if _, err := r.Tick(context.WithoutCancel(t.Context()), now); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		w.tick(now)
		if got := w.subjects(); len(got) != pairs {
			t.Errorf("%d messages: %q", len(got), got)
		}
		for i := range pairs {
			if got := w.storedComposite(fmt.Sprint("both", i)).Record.State; got != alarm.InAlarm {
				t.Errorf("both%d is in %s", i, got)
			}
		}
	})
}

// TestCircle: alarms that refer to each other are left alone, and keep nothing else
// from being evaluated.
func TestCircle(t *testing.T) {
	w := newWorld(t, sqlite(t), nil)
	w.child("a")
	w.composite("one", "ALARM(a) OR ALARM(two)", start, nil)
	w.composite("two", "ALARM(one)", start, nil)
	w.composite("three", "ALARM(a)", start, nil)
	w.tick(start)
	w.outbox()
	w.set("a", alarm.InAlarm, start.Add(time.Minute))
	w.tick(start.Add(time.Minute))
	if got := w.subjects(); len(got) != 1 || got[0] != `ALARM: "three" in EU (Frankfurt)` {
		t.Errorf("told %q", got)
	}
	if !strings.Contains(w.log.String(), "refers to itself") {
		t.Error(w.log.String())
	}
}

// TestTransitions: a state that was set by hand has its actions run, once, also when
// the database does not tell whether it wrote that.
func TestTransitions(t *testing.T) {
	for _, fails := range []struct{ before, after int }{{0, 0}, {1, 0}, {0, 1}} {
		f := &fault{DB: sqlite(t)}
		w := newWorld(t, f.DB, func(o *ring.Options) { o.State = f })
		a := w.alarm("a", func(a *state.Alarm) { a.Record.State, a.Definition.TreatMissingData = alarm.OK, alarm.Ignore })
		w.tick(start)
		w.set("a", alarm.InAlarm, start.Add(time.Minute))
		f.before, f.after = fails.before, fails.after
		for range 3 {
			if _, err := w.Tick(t.Context(), start.Add(time.Minute)); err != nil && !errors.Is(err, errBroken) && !errors.Is(err, state.ErrUnknown) {
				t.Error(err)
			}
		}
		if got := w.subjects(); len(got) != 1 || got[0] != `ALARM: "a" in EU (Frankfurt)` {
			t.Errorf("%+v: told %q", fails, got)
		}
		actions := 0
		for _, h := range w.history(a.Definition.ARN) {
			if h.Type == alarm.Action {
				actions++
			}
		}
		if actions != 1 {
			t.Errorf("%+v: %d actions in the history", fails, actions)
		}
	}
	w := newWorld(t, sqlite(t), nil)
	w.alarm("gone", func(a *state.Alarm) { a.Definition.TreatMissingData = alarm.Ignore })
	w.set("gone", alarm.InAlarm, start)
	w.update(func(ctx context.Context, tx *state.Tx) error { return tx.DeleteAlarm(ctx, arnOf("gone")) })
	w.tick(start)
	if got := w.subjects(); len(got) != 0 {
		t.Errorf("an alarm that was deleted told %q", got)
	}
}

// TestMuteTimelines: a mute rule for 12:10 to 12:20; what is told, and when.
func TestMuteTimelines(t *testing.T) {
	type at map[string]func(w *world, now time.Time)
	to := func(s alarm.State) func(*world, time.Time) {
		return func(w *world, now time.Time) { w.set("a", s, now) }
	}
	unmute := func(w *world, _ time.Time) {
		w.update(func(ctx context.Context, tx *state.Tx) error { return state.MuteRules.Delete(ctx, tx, scope, "rule") })
	}
	for _, c := range []struct {
		name string
		do   at
		want []string
	}{
		{"before and after", at{"12:05": to(alarm.InAlarm), "12:25": to(alarm.OK)}, []string{"12:05 ALARM a", "12:05 ALARM all", "12:25 OK a", "12:25 OK all"}},
		{"held until the end", at{"12:15": to(alarm.InAlarm)}, []string{"12:15 ALARM all", "12:20 ALARM a after the window"}},
		{"over before the end", at{"12:12": to(alarm.InAlarm), "12:15": to(alarm.OK)}, []string{"12:12 ALARM all", "12:15 OK all", "12:20 OK a after the window"}},
		{"the rule is taken away", at{"12:12": to(alarm.InAlarm), "12:14": unmute}, []string{"12:12 ALARM all", "12:14 ALARM a after the window"}},
		{"came before the window, left within it", at{"12:05": to(alarm.InAlarm), "12:15": to(alarm.OK)}, []string{"12:05 ALARM a", "12:05 ALARM all", "12:15 OK all", "12:20 OK a after the window"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, sqlite(t), nil)
			w.alarm("a", func(a *state.Alarm) {
				a.Record.State, a.Definition.TreatMissingData = alarm.OK, alarm.Ignore
				a.Definition.OKActions = []string{topicARN}
			})
			w.composite("all", "ALARM(a)", start, nil)
			w.update(func(ctx context.Context, tx *state.Tx) error {
				_, err := state.MuteRules.Put(ctx, tx, state.Resource[state.MuteRule]{Scope: scope, Name: "rule", Value: state.MuteRule{
					Name: "rule", Alarms: []string{"a", "other"}, Expression: "cron(10 14 * * *)", Duration: "PT10M", Timezone: "Europe/Berlin",
				}})
				return err
			})
			w.tick(start)
			w.outbox()
			var got []string
			for i := range 40 {
				now := start.Add(time.Duration(i) * time.Minute)
				if do := c.do[now.Format("15:04")]; do != nil {
					do(w, now)
				}
				w.tick(now)
				for _, p := range w.outbox() {
					said := strings.NewReplacer(` in EU (Frankfurt)`, "", `"`, "", ":", "").Replace(p.Message.Subject)
					if strings.Contains(p.Message.Default, `"ActionExecutedAfterMuteWindow":true`) {
						said += " after the window"
					}
					got = append(got, now.Format("15:04 ")+said)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
			for _, h := range w.history(arnOf("a")) {
				after := strings.Contains(h.Data, `"muteWindowEndTimestamp":`) && !strings.Contains(h.Data, `"muteWindowEndTimestamp":null`)
				if h.Type == alarm.Action && after != (h.Timestamp.Minute() == 20 || c.do["12:14"] != nil) {
					t.Errorf("%s: %s", h.Timestamp, h.Data)
				}
			}
		})
	}
}

// TestMutedRepeats: while an alarm is muted it is not told again either, and what
// happened before the window is not made up for.
func TestMutedRepeats(t *testing.T) {
	w := newWorld(t, sqlite(t), nil)
	w.alarm("a", func(a *state.Alarm) {
		a.Extra.Repeat = state.Repeat{Mode: state.RepeatInterval, Every: 10 * time.Minute}
		a.Definition.Statistic, a.Definition.TreatMissingData = metric.MustStatistic("Sum"), alarm.Ignore
	})
	w.update(func(ctx context.Context, tx *state.Tx) error {
		_, err := state.MuteRules.Put(ctx, tx, state.Resource[state.MuteRule]{Scope: scope, Name: "rule", Value: state.MuteRule{
			Name: "rule", Alarms: []string{"a"}, Expression: "at(2026-09-14T12:05)", Duration: "PT30M",
		}})
		return err
	})
	w.tick(start)
	w.count("a", start, 1)
	w.run(start.Add(10*time.Second), start.Add(65*time.Minute))
	var got []string
	for _, p := range w.outbox() {
		got = append(got, p.Message.Published.Format("15:04:05"))
	}
	if diff := cmp.Diff([]string{"12:00:10", "12:40:10", "12:50:10", "13:00:10"}, got); diff != "" {
		t.Error(diff)
	}
}
