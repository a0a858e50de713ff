package app

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"tocsin/core/alarm"
	"tocsin/store/state"
)

var silenceTime = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

// mark says that files of an account came in, the newest event of which is as old as that.
func mark(t *testing.T, a *App, key, account string, age time.Duration) {
	t.Helper()
	at := a.o.Now()
	err := a.db.Update(t.Context(), func(tx *state.Tx) error {
		_, err := tx.AddMarks(t.Context(), []state.Mark{{Source: "s3://b", Key: key, Account: account, Region: "eu-central-1", Last: at.Add(-age).UnixMilli(), At: at}})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Silence is a metric: how old the newest event of each account and Region is.
func TestSilenceIsAMetric(t *testing.T) {
	c := configured(t, "pack: none\n")
	a, _ := launch(t, c, Options{Now: func() time.Time { return silenceTime }})
	mark(t, a, "1", "111122223333", 9*time.Minute)
	mark(t, a, "2", "111122223333", 5*time.Minute)
	if err := a.silence(t.Context(), silenceTime); err != nil {
		t.Fatal(err)
	}
	view(t, a, func(tx *state.Tx) error {
		ids, err := tx.Metrics(t.Context(), c.Scope(), "tocsin", "NewestEventAge")
		if err != nil || len(ids) != 2 || ids[1].String() != "tocsin/NewestEventAge{AccountId=111122223333,Region=eu-central-1}" {
			t.Fatalf("%v, %v", ids, err)
		}
		for _, id := range ids {
			points, err := tx.Points(t.Context(), c.Scope(), id, 0, silenceTime.Add(time.Hour).UnixMilli())
			if err != nil || len(points) != 1 || points[0].Samples.Maximum != 300 {
				t.Errorf("%v: %+v, %v", id, points, err)
			}
		}
		if alarms, err := tx.Alarms(t.Context()); err != nil || len(alarms) != 0 {
			t.Errorf("nobody asked for %v, %v", alarms, err)
		}
		return nil
	})
}

// An account that sends nothing rings, once, and is quiet when events are back;
// its alarm does not come back when somebody deletes it.
func TestSilenceRings(t *testing.T) {
	hook := &hook{}
	endpoint := httptest.NewServer(hook)
	defer endpoint.Close()
	a, _ := launch(t, configured(t, "pack: none\nalarms: {silence: 1 hour}\nsubscribe: ['"+endpoint.URL+"/hook']\n"), Options{})
	eventually(t, "the endpoint confirms", func() bool { return confirmed(t, a) == 1 })
	mark(t, a, "1", "111122223333", 50*time.Minute)
	mark(t, a, "2", "444455556666", 3*time.Hour)
	tick := func() {
		t.Helper()
		if err := a.silence(t.Context(), a.o.Now()); err != nil {
			t.Fatal(err)
		}
		a.ring.Wake()
	}
	tick()
	silent := alarm.ARN("aws", "us-east-1", "000000000000", "silence-444455556666")
	var told string
	eventually(t, "the silent account is told", func() bool {
		for _, n := range hook.told() {
			if strings.Contains(n.Message, "silence-") {
				told = n.Message
			}
		}
		return told != ""
	})
	if !strings.Contains(told, `"NewStateValue":"ALARM"`) || !strings.Contains(told, "No event of account 444455556666 has come in for 1 hour") {
		t.Error(told)
	}
	err := a.db.Update(t.Context(), func(tx *state.Tx) error { return tx.DeleteAlarm(t.Context(), silent) })
	if err != nil {
		t.Fatal(err)
	}
	tick()
	view(t, a, func(tx *state.Tx) error {
		alarms, err := tx.Alarms(t.Context())
		if err != nil || len(alarms) != 1 || alarms[0].Definition.Name != "silence-111122223333" || alarms[0].Record.State == alarm.InAlarm {
			t.Errorf("%+v, %v", alarms, err)
		}
		return nil
	})
}

// An event that claims to be of the year 2099 hid the silence of its account
// until then.
func TestSilenceIsNotHiddenByAnEventOfTheFuture(t *testing.T) {
	at := silenceTime
	newest := newestEvents([]state.LastFile{
		{Source: "s", Account: "1", Region: "r", At: at, NewestEvent: at.AddDate(70, 0, 0)},
		{Source: "t", Account: "1", Region: "r", At: at.Add(-time.Hour), NewestEvent: at.Add(-2 * time.Hour)},
	})
	for w, got := range newest {
		if !got.Equal(at) {
			t.Errorf("%v: newest event of %v, want %v", w, got, at)
		}
	}
	if len(newest) != 2 {
		t.Errorf("%d are watched, want the account and its Region", len(newest))
	}
}

// Made-up accounts in names of files made as many datapoints every minute.
func TestSilenceOfAccountsWithoutEndIsBounded(t *testing.T) {
	files := []state.LastFile{}
	for i := range 3 * maxWatched {
		files = append(files, state.LastFile{Account: fmt.Sprint(i), Region: "r", Files: 1, At: silenceTime, NewestEvent: silenceTime})
	}
	files = append(files, state.LastFile{Account: "ours", Region: "r", Files: 2, At: silenceTime, NewestEvent: silenceTime})
	newest := newestEvents(files)
	if _, ok := newest[where{"ours", "r"}]; !ok || len(newest) != maxWatched {
		t.Errorf("%d are watched, ours among them: %v", len(newest), ok)
	}
}
