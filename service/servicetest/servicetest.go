// Package servicetest is what tests of services stand on: a database, a clock
// that stands still, and the service behind a real HTTP server, so that a
// story can be told twice, on the type itself and through the SDK's client.
package servicetest

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"tocsin/core/policy"
	"tocsin/internal/sdkhttp"
	"tocsin/service"
	"tocsin/store/state"
	"tocsin/wire"
)

// Account and Region are where callers are.
const (
	Account = "123456789012"
	Region  = "eu-central-1"
)

// Scope is where callers are.
var Scope = state.Scope{Partition: "aws", Account: Account, Region: Region}

// A World is a database and a clock.
type World struct {
	State *state.DB

	mu  sync.Mutex
	now time.Time // guarded by mu
}

// New is an empty world, on an SQLite file. Its clock stands at noon of 2026-07-01.
func New(t testing.TB) *World {
	t.Helper()
	db, err := state.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "state.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return &World{State: db, now: time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)}
}

// Now is what the clock says.
func (w *World) Now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

// Advance moves the clock.
func (w *World) Advance(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// Caller is the root of the account.
func (w *World) Caller() service.Caller {
	return service.Caller{
		Principal:   policy.Principal{Type: policy.Root, ARN: "arn:aws:iam::" + Account + ":root", ID: Account},
		AccessKeyID: "AKIAIOSFODNN7EXAMPLE", Scope: Scope, Time: w.Now(), RequestID: "request",
		SourceIP: netip.MustParseAddr("192.0.2.1"), UserAgent: "servicetest",
	}
}

// Context is that of a call by the root, made directly.
func (w *World) Context(t testing.TB) context.Context {
	t.Helper()
	return service.WithCaller(t.Context(), w.Caller())
}

// Serve puts services behind an HTTP server. Whoever calls is the root, in the
// Region that his client signs for; signatures are not looked at.
func (w *World) Serve(t testing.TB, services ...wire.Service) aws.Config {
	t.Helper()
	h, err := wire.New(wire.Options{Services: services, Admit: func(r *http.Request, call *wire.Call) (context.Context, error) {
		c := w.Caller()
		c.RequestID = call.RequestID
		c.Endpoint = "http://" + r.Host
		return service.WithCaller(r.Context(), c), nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	return Config(t, h)
}

// Config is that of a client of an HTTP handler.
func Config(t testing.TB, h http.Handler) aws.Config {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return aws.Config{
		Region: Region, BaseEndpoint: aws.String(s.URL), HTTPClient: sdkhttp.Client(s.Client()),
		Credentials:      credentials.NewStaticCredentialsProvider("AKIAIOSFODNN7EXAMPLE", "secret", ""),
		RetryMaxAttempts: 1,
	}
}
