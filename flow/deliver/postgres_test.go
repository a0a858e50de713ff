package deliver_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"tocsin/core/topic"
	"tocsin/flow/deliver"
	"tocsin/internal/pgtest"
	"tocsin/store/state"
)

// Two processes on one PostgreSQL share the work, and nothing is sent twice; no
// subscription gets more at once than it may.
func TestTwoProcesses(t *testing.T) {
	dsn := pgtest.Start(t).Database(t)
	open := func(owner string) *bench {
		db, err := state.Open(t.Context(), dsn)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
		return benchOn(t, db, func(o *deliver.Options) {
			realTime(o)
			o.Owner, o.PerSubscription = owner, 2
		})
	}
	one, two := open("one"), open("two")

	var mu sync.Mutex
	got, now, most := map[string]int{}, map[string]int{}, 0
	e := newEndpoint(t, time.Now, nil)
	e.answer = func(_ int, w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get("X-Amz-Sns-Message-Id") + r.URL.Path
		mu.Lock()
		now[r.URL.Path]++
		most = max(most, now[r.URL.Path])
		got[id]++
		first := got[id] == 1
		mu.Unlock()
		if first && len(id)%2 == 0 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		mu.Lock()
		now[r.URL.Path]--
		mu.Unlock()
	}
	const subscriptions, messages = 6, 30
	policy := map[string]string{"DeliveryPolicy": `{"healthyRetryPolicy":{"minDelayTarget":1,"maxDelayTarget":1,"numRetries":2,"numNoDelayRetries":2}}`}
	for i := range subscriptions {
		one.subscribe(t, topic.HTTP, fmt.Sprintf("%s/%0*d", e.URL, 1+i%2, i), policy)
	}
	stopOne, stopTwo := one.run(t), two.run(t)
	for i := range messages {
		[]*bench{one, two}[i%2].publish(t, fmt.Sprint(i))
	}
	until(t, "all is delivered", func() bool { return one.Stats().Delivered+two.Stats().Delivered >= subscriptions*messages })
	stopOne()
	stopTwo()
	if len(got) != subscriptions*messages || most > 2 {
		t.Errorf("%d messages arrived, at most %d at once at a subscription", len(got), most)
	}
	for id, n := range got {
		if want := 1 + (len(id)+1)%2; n != want {
			t.Errorf("%s arrived %d times, not %d", id, n, want)
		}
	}
	for _, d := range one.deliveries(t) {
		if d.Status != state.Delivered {
			t.Errorf("%+v", d)
		}
	}
	t.Logf("one made %d attempts, the other %d", one.Stats().Attempts, two.Stats().Attempts)
}

// A database that is gone for a while is waited out: what was attempted is
// recorded afterwards, and told of once.
func TestDatabaseGoneForAWhile(t *testing.T) {
	server := pgtest.Start(t)
	db, err := state.Open(t.Context(), server.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	b := benchOn(t, db, realTime)
	reached, release := make(chan struct{}), make(chan struct{})
	e := newEndpoint(t, time.Now, func(n int, _ http.ResponseWriter, _ *http.Request) {
		if n == 1 {
			close(reached)
			<-release
		}
	})
	b.subscribe(t, topic.HTTP, e.URL, nil)
	b.publish(t, "before")
	stop := b.run(t)
	<-reached
	server.Stop(t)
	close(release)
	until(t, "it is missed", func() bool { return b.log.String() != "" })
	server.Restart(t)
	until(t, "the outcome is recorded", func() bool { return b.Stats().Delivered == 1 })
	b.publish(t, "after")
	until(t, "the next is delivered", func() bool { return b.Stats().Delivered == 2 })
	stop()
	for _, d := range b.deliveries(t) {
		if d.Status != state.Delivered || d.Attempts != 1 {
			t.Errorf("%+v", d)
		}
	}
	if n := len(e.requests()); n != 2 {
		t.Errorf("%d requests", n)
	}
	t.Logf("the log:\n%s", b.log)
}
