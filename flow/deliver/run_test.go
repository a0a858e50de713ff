package deliver_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tocsin/core/topic"
	"tocsin/flow/deliver"
	"tocsin/notify"
	"tocsin/store/state"
)

// run runs the courier until stop, which waits for its end.
func (b *bench) run(t *testing.T) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		b.Run(ctx)
	}()
	stop = sync.OnceFunc(func() {
		cancel()
		<-ended
	})
	t.Cleanup(stop)
	return stop
}

// until waits for a condition that other goroutines bring about.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	for deadline := time.After(2 * time.Minute); !holds(); {
		select {
		case <-deadline:
			t.Fatalf("waited in vain until %s", what)
		case <-look.C:
		}
	}
}

// realTime is the options of a courier on the real clock. An attempt may take nearly
// as long as its lease, since the machine may be busy.
func realTime(o *deliver.Options) { o.Now, o.Timeout = time.Now, patient }

const patient = 55 * time.Second

func TestRunIsWoken(t *testing.T) {
	b := newBench(t, realTime)
	e := newEndpoint(t, time.Now, nil)
	b.subscribe(t, topic.HTTP, e.URL, nil)
	b.SetPoll(time.Hour)
	stop := b.run(t)
	const messages = 20
	for i := range messages {
		b.publish(t, fmt.Sprint(i))
		until(t, "it is delivered", func() bool { return b.Stats().Delivered == int64(i+1) })
	}
	stop()
	if n := len(e.requests()); n != messages {
		t.Errorf("%d requests", n)
	}
	for _, d := range b.deliveries(t) {
		if d.Status != state.Delivered || d.Attempts != 1 {
			t.Errorf("%+v", d)
		}
	}
}

// An endpoint that hangs, with more messages than there are slots, does not hold
// up another.
func TestHangingEndpointsHoldUpNobody(t *testing.T) {
	release := make(chan struct{})
	b := newBench(t, func(o *deliver.Options) {
		realTime(o)
		o.Concurrency, o.PerSubscription = 2, 2
	})
	hang := newEndpoint(t, time.Now, func(_ int, _ http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
	})
	good := newEndpoint(t, time.Now, nil)
	for i := range 3 {
		b.subscribe(t, topic.HTTP, fmt.Sprintf("%s/%d", hang.URL, i), nil)
	}
	for i := range 3 {
		b.publish(t, fmt.Sprint(i))
	}
	stop := b.run(t)
	until(t, "all slots hang", func() bool { return len(hang.requests()) >= 2 })
	b.subscribe(t, topic.HTTP, good.URL, nil)
	b.publish(t, "for the good one")
	until(t, "the good one got it", func() bool { return len(good.requests()) == 1 })
	if n := len(hang.requests()); n > 6 {
		t.Errorf("%d attempts at once at 3 subscriptions, of which each may have 2", n)
	}
	close(release)
	until(t, "all is delivered", func() bool { return b.Stats().Delivered == 13 })
	stop()
}

func TestStopLetsAttemptsEnd(t *testing.T) {
	release, begun, cut := make(chan struct{}), make(chan struct{}), make(chan struct{})
	b := newBench(t, realTime)
	b.SetGrace(time.Minute)
	e := newEndpoint(t, time.Now, func(_ int, _ http.ResponseWriter, r *http.Request) {
		close(begun)
		select {
		case <-release:
		case <-r.Context().Done():
			close(cut)
		}
	})
	b.subscribe(t, topic.HTTP, e.URL, nil)
	b.publish(t, "m")
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		b.Run(ctx)
	}()
	<-begun
	cancel()
	select {
	case <-cut:
	case <-time.After(100 * time.Millisecond): // time enough to be cut off
	}
	close(release)
	<-ended
	if d := b.delivery(t); d.Status != state.Delivered || len(b.attempts(t, d)) != 1 {
		t.Errorf("%+v", d)
	}
}

// What the stop cuts off is due again at once, and no attempt.
func TestStopCutsOff(t *testing.T) {
	begun := make(chan struct{})
	var calls atomic.Int32
	b := newBench(t, func(o *deliver.Options) {
		o.Now = time.Now
		o.Receivers = table{topic.SMS: func(ctx context.Context, _ notify.Note) notify.Result {
			if calls.Add(1) == 1 {
				close(begun)
				<-ctx.Done()
				return notify.Result{Answer: topic.Retry, Detail: "cut off"}
			}
			return notify.Result{Answer: topic.Delivered}
		}}
	})
	b.SetGrace(10 * time.Millisecond)
	b.subscribe(t, topic.SMS, "+15551234567", nil)
	b.publish(t, "m")
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		b.Run(ctx)
	}()
	<-begun
	cancel()
	<-ended
	if d := b.delivery(t); d.Status != state.Pending || d.Attempts != 0 || len(b.attempts(t, d)) != 0 {
		t.Fatalf("%+v", d)
	}
	if s, want := b.Stats(), (deliver.Stats{Spread: 1, Attempts: 1, Interrupted: 1}); s != want {
		t.Errorf("%+v, not %+v", s, want)
	}
	if n, err := b.Tick(t.Context(), time.Now()); n != 1 || err != nil {
		t.Errorf("then %d, %v", n, err)
	}
	if d := b.delivery(t); d.Status != state.Delivered {
		t.Errorf("%+v", d)
	}
}

// An attempt that hangs ends with its time, and the message is tried again.
func TestTimeout(t *testing.T) {
	b := newBench(t, func(o *deliver.Options) { o.Timeout = 50 * time.Millisecond })
	e := newEndpoint(t, b.clock.now, func(n int, _ http.ResponseWriter, r *http.Request) {
		if n == 1 {
			<-r.Context().Done()
		}
	})
	// Where the machine is busy, others may take too long as well.
	b.subscribe(t, topic.HTTP, e.URL, map[string]string{"DeliveryPolicy": `{"healthyRetryPolicy":{"minDelayTarget":1,"maxDelayTarget":1,"numRetries":100}}`})
	b.publish(t, "m")
	b.runOut(t)
	d := b.delivery(t)
	if a := b.attempts(t, d); d.Status != state.Delivered || len(a) < 2 || a[0].Answer != "retry" || a[0].Took < 50*time.Millisecond || a[0].Detail != "no answer in time" {
		t.Errorf("%+v, %+v", d, a)
	}
}

// What a crashed process had taken is another's when the lease runs out.
func TestLeasesOfACrashedProcessRunOut(t *testing.T) {
	b := newBench(t, nil)
	e := newEndpoint(t, b.clock.now, nil)
	arn := b.subscribe(t, topic.HTTP, e.URL, nil)
	spread, leased := b.publish(t, "spread and leased"), b.publish(t, "leased")
	b.update(t, func(ctx context.Context, tx *state.Tx) error {
		until := start.Add(time.Minute)
		if taken, err := tx.LeasePublications(ctx, "dead", start, until, 10); err != nil || len(taken) != 2 {
			return fmt.Errorf("took %d publications: %w", len(taken), err)
		}
		if err := tx.Spread(ctx, "dead", spread, []string{arn}, start); err != nil {
			return err
		}
		jobs, err := tx.LeaseDeliveries(ctx, "dead", start, until, 10, 10)
		if len(jobs) != 1 {
			return fmt.Errorf("took %d deliveries: %w", len(jobs), err)
		}
		return err
	})
	for _, step := range []struct {
		after    time.Duration
		attempts int
	}{{0, 0}, {time.Minute - time.Millisecond, 0}, {time.Minute, 2}, {time.Hour, 0}} {
		b.clock.set(start.Add(step.after))
		if n := b.tick(t); n != step.attempts {
			t.Errorf("after %v: %d attempts", step.after, n)
		}
	}
	got := map[string]bool{}
	for _, r := range e.requests() {
		got[r.document(t).MessageID] = true
	}
	if !got[spread] || !got[leased] {
		t.Errorf("%v arrived", got)
	}
}

// A process whose lease ran out while it hung does not overwrite what another
// recorded since.
func TestLateOutcomeIsDropped(t *testing.T) {
	reached, release := make(chan struct{}), make(chan struct{})
	b := newBench(t, func(o *deliver.Options) {
		o.Receivers = table{topic.SMS: func(context.Context, notify.Note) notify.Result {
			close(reached)
			<-release
			return notify.Result{Answer: topic.Permanent, Detail: "late"}
		}}
	})
	b.subscribe(t, topic.SMS, "+15551234567", nil)
	b.publish(t, "m")
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if _, err := b.Tick(t.Context(), start); err != nil {
			t.Error(err)
		}
	}()
	<-reached
	other := b.options
	other.Owner = "two"
	other.Receivers = table{topic.SMS: func(context.Context, notify.Note) notify.Result { return notify.Result{Answer: topic.Delivered} }}
	if n, err := deliver.New(other).Tick(t.Context(), start.Add(2*time.Minute)); n != 1 || err != nil {
		t.Errorf("the other made %d attempts, %v", n, err)
	}
	close(release)
	<-ended
	d := b.delivery(t)
	if a := b.attempts(t, d); d.Status != state.Delivered || len(a) != 1 {
		t.Errorf("%+v, %+v", d, a)
	}
}

// Two processes on one database share the work, and nothing is sent twice.
func TestTwoShareTheWork(t *testing.T) {
	b := newBench(t, realTime)
	other := &bench{db: b.db, clock: b.clock, log: b.log}
	o := b.options
	o.Owner = "two"
	other.Courier = deliver.New(o)
	var mu sync.Mutex
	got := map[string]int{}
	e := newEndpoint(t, time.Now, nil)
	e.answer = func(_ int, _ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		got[r.Header.Get("X-Amz-Sns-Message-Id")+r.URL.Path]++
	}
	const subscriptions, messages = 5, 20
	for i := range subscriptions {
		b.subscribe(t, topic.HTTP, fmt.Sprintf("%s/%d", e.URL, i), nil)
	}
	stopOne, stopTwo := b.run(t), other.run(t)
	for i := range messages {
		b.publish(t, fmt.Sprint(i))
		if i%2 == 0 {
			other.Wake()
		}
	}
	until(t, "all is delivered", func() bool { return b.Stats().Delivered+other.Stats().Delivered >= subscriptions*messages })
	stopOne()
	stopTwo()
	if len(got) != subscriptions*messages {
		t.Errorf("%d messages arrived", len(got))
	}
	for id, n := range got {
		if n != 1 {
			t.Errorf("%s arrived %d times", id, n)
		}
	}
	for _, d := range b.deliveries(t) {
		if d.Status != state.Delivered || d.Attempts != 1 {
			t.Errorf("%+v", d)
		}
	}
	t.Logf("one made %d attempts, the other %d", b.Stats().Attempts, other.Stats().Attempts)
}
