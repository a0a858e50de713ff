package app

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

// Each request for /readyz wrote to the database.
func TestReadyzIsAskedOnceForAll(t *testing.T) {
	now, asked := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), 0
	p := &probe{health: func(context.Context) health { asked++; return health{OK: asked == 1} }, now: func() time.Time { return now }}
	for range 100 {
		if !p.ask(t.Context()).OK {
			t.Fatal("another answer than the first")
		}
	}
	now = now.Add(probeEvery)
	if p.ask(t.Context()).OK || asked != 2 {
		t.Errorf("asked %d times", asked)
	}
}

// Who asked for a hundred status pages at once made log files wait for the
// database.
func TestFewStatusPagesAtOnce(t *testing.T) {
	inside, leave := make(chan struct{}, 3), make(chan struct{})
	h := fewAtOnce(2, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		inside <- struct{}{}
		<-leave
	}))
	var all sync.WaitGroup
	for range 2 {
		all.Go(func() { h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil)) })
	}
	<-inside
	<-inside
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(gone, "GET", "/", nil))
	if len(inside) != 0 {
		t.Error("a third was let in")
	}
	close(leave)
	all.Wait()
}
