package ingest_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tocsin/flow/ingest"
	"tocsin/store/events"
	"tocsin/store/state"
)

// A sent is a message to a destination, as AWS documents it.
type sent struct {
	MessageType         string   `json:"messageType"`
	Owner               string   `json:"owner"`
	LogGroup            string   `json:"logGroup"`
	LogStream           string   `json:"logStream"`
	SubscriptionFilters []string `json:"subscriptionFilters"`
	LogEvents           []struct {
		ID        string `json:"id"`
		Timestamp int64  `json:"timestamp"`
		Message   string `json:"message"`
	} `json:"logEvents"`
}

// waiting are the messages that wait to be sent on by a filter.
func (w *world) waiting(t testing.TB, filter int64) (out []sent) {
	t.Helper()
	w.view(t, func(ctx context.Context, tx *state.Tx) error {
		out = nil
		list, err := tx.Forwards(ctx, filter, 1000)
		for _, f := range list {
			if f.At != w.options().Now().UnixMilli() {
				t.Errorf("at %d", f.At)
			}
			z, err := gzip.NewReader(bytes.NewReader(f.Body))
			if err != nil {
				return err
			}
			var m sent
			if err := json.NewDecoder(z).Decode(&m); err != nil {
				return err
			}
			out = append(out, m)
		}
		return err
	})
	return out
}

func (w *world) subscribe(t testing.TB, name, pattern string) int64 {
	t.Helper()
	var f state.SubscriptionFilter
	w.update(t, func(ctx context.Context, tx *state.Tx) (err error) {
		f, err = tx.PutSubscriptionFilter(ctx, state.SubscriptionFilter{LogGroup: w.group.ID, Name: name, SubscriptionTarget: state.SubscriptionTarget{Pattern: pattern}})
		return err
	})
	return f.ID
}

// messages are those of the events of messages to destinations.
func messages(list []sent) (out []string) {
	for _, m := range list {
		for _, e := range m.LogEvents {
			out = append(out, m.LogStream+" "+e.Message)
		}
	}
	return out
}

// What a subscription filter selects is noted with the events, once, and neither
// metric filters nor those who only fill in get in its way.
func TestSubscriptionFilters(t *testing.T) {
	w := newWorld(t, sqlite(t), stops)
	r := start(t, w, w.options())
	r.put(t, w, "app", lines("ERROR before")...)
	problems, all := w.subscribe(t, "problems", "ERROR"), w.subscribe(t, "all", "")
	r.put(t, w, "app", lines("ERROR <1>", "fine")...)
	r.put(t, w, "web", lines("ERROR 2")...)
	stop := call("1", "StopLogging", 0)
	r.take(t, file(keyAt("a"), plainLog(stop)))
	r.take(t, file(keyAt("again"), plainLog(stop)))
	quiet := file(keyAt("old"), plainLog(call("2", "StopLogging", -3600)))
	quiet.Quiet = true
	r.take(t, quiet)
	if d := cmp.Diff([]string{"app ERROR <1>", "web ERROR 2"}, messages(w.waiting(t, problems))); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"app ERROR <1>", "app fine", "web ERROR 2", "111122223333_CloudTrail_eu-west-1 " + stop}, messages(w.waiting(t, all))); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(map[int]float64{-60: 1, 0: 1}, w.sums(t, stops.name)); d != "" {
		t.Errorf("counted: %s", d)
	}
	first := w.waiting(t, problems)[0]
	id := first.LogEvents[0].ID
	first.LogEvents[0].ID = ""
	want := sent{MessageType: "DATA_MESSAGE", Owner: "000000000000", LogGroup: "CloudTrail/logs", LogStream: "app", SubscriptionFilters: []string{"problems"}}
	want.LogEvents = append(want.LogEvents, first.LogEvents[0])
	if d := cmp.Diff(want, first); d != "" || first.LogEvents[0].Timestamp != noon.UnixMilli() {
		t.Errorf("%+v: %s", first, d)
	}
	if at, _, ok := events.ParseNumber(id); !ok || at != noon.UnixMilli() {
		t.Errorf("id %s", id)
	}
}

// Much is sent on in several messages, which hold all of it in order.
func TestSubscriptionFilterOfMuch(t *testing.T) {
	w := newWorld(t, sqlite(t))
	r := start(t, w, w.options())
	filter := w.subscribe(t, "all", "")
	var list []string
	for i := range 12 {
		list = append(list, strings.Repeat(string(rune('a'+i)), 100<<10))
	}
	list = append(list, strings.Repeat("z", 600<<10))
	r.put(t, w, "app", lines(list...)...)
	sent := w.waiting(t, filter)
	if len(sent) != 7 {
		t.Errorf("%d messages", len(sent))
	}
	got := messages(sent)
	if len(got) != len(list) {
		t.Fatalf("%d of %d events", len(got), len(list))
	}
	for i := range list {
		if got[i] != "app "+list[i] {
			t.Errorf("event %d is another", i)
		}
	}
}

// A filter that is deleted while events wait has them go elsewhere as before.
func TestSubscriptionFilterThatGoes(t *testing.T) {
	w := newWorld(t, sqlite(t), stops)
	r := start(t, w, w.options())
	filter := w.subscribe(t, "all", "")
	r.put(t, w, "app", lines("one")...)
	w.update(t, func(ctx context.Context, tx *state.Tx) error {
		return tx.DeleteSubscriptionFilter(ctx, w.group.ID, "all")
	})
	if err := r.Put(t.Context(), ingest.Put{Group: w.group.ID, Stream: "app", Events: lines("two")}); err != nil {
		t.Fatal(err)
	}
	if got := w.waiting(t, filter); len(got) != 0 {
		t.Errorf("%+v", got)
	}
	if n := w.stored(t); n != 2 {
		t.Errorf("%d events are stored", n)
	}
}
