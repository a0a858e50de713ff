package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"tocsin/notify"
	"tocsin/web/api"
	"tocsin/web/links"
	"tocsin/web/status"
	"tocsin/wire/sigv4"
)

// What a client may take of a server, in time, bytes and number.
const (
	headerWithin   = 10 * time.Second
	requestWithin  = 30 * time.Second
	answerWithin   = 2 * time.Minute
	idleWithin     = 2 * time.Minute
	maxHeader      = 64 << 10
	maxConnections = 512
)

// A server is a listener at work.
type server struct {
	http.Server
	done chan struct{}
}

// serve starts the servers; what goes wrong with one later is given on failed.
func (a *App) serve() (servers []*server, failed <-chan error) {
	errs := make(chan error, 2)
	start := func(l net.Listener, h http.Handler) {
		if l == nil {
			return
		}
		s := &server{done: make(chan struct{})}
		s.Handler, s.ReadHeaderTimeout, s.ReadTimeout, s.WriteTimeout, s.IdleTimeout, s.MaxHeaderBytes = waitingAfter(h), headerWithin, requestWithin, answerWithin, idleWithin, maxHeader
		s.ConnContext = withConn
		s.ErrorLog = slog.NewLogLogger(a.o.Log.Handler(), slog.LevelDebug)
		servers = append(servers, s)
		go func() {
			defer close(s.done)
			if err := s.Serve(limited(l, maxConnections)); !errors.Is(err, http.ErrServerClosed) {
				errs <- fmt.Errorf("serve %s: %w", l.Addr(), err)
			}
		}()
	}
	start(a.listen, a.endpoint())
	pages := a.consolePages()
	start(a.console, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		atWork(r.Context())
		pages.ServeHTTP(w, r)
	}))
	return servers, errs
}

// closeServers lets requests under way end, for a while.
func (a *App) closeServers(ctx context.Context, servers []*server) error {
	a.endStreams()
	ctx, cancel := context.WithTimeout(ctx, serversWithin)
	defer cancel()
	var all sync.WaitGroup
	for _, s := range servers {
		all.Go(func() {
			if err := s.Shutdown(ctx); err != nil {
				err = s.Close()
				a.o.Log.Debug("requests were cut off", "error", err)
			}
			<-s.done
		})
	}
	all.Wait()
	return nil
}

// endpoint serves what arrives at the address for requests: the links in
// messages, tocsin's own API, and AWS's services.
func (a *App) endpoint() http.Handler {
	byLink := links.New(links.Options{Roster: a.roster, Signer: a.signer, Log: a.o.Log})
	own := api.NewHandler(&api.Local{
		State: a.db, Events: a.events, Confirmer: a.roster, Redact: notify.Redact, Now: a.o.Now, Wake: a.courier.Wake,
		Clock: a.MoveClock,
	}, sigv4.Verifier{Secret: a.secretOf, Now: time.Now}, a.o.Log)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case byLink.Serves(r):
			atWork(r.Context())
			byLink.ServeHTTP(w, r)
		case strings.HasPrefix(r.URL.Path, api.Prefix) && r.Method == http.MethodPost && signedFor(r) != "s3":
			own.ServeHTTP(w, r)
		default:
			a.services.ServeHTTP(w, r)
		}
	})
}

// secretOf is the secret of an access key.
func (a *App) secretOf(_ context.Context, accessKeyID string) (string, bool, error) {
	if accessKeyID != a.first.RootKey.ID {
		return "", false, nil
	}
	return a.first.RootKey.Secret, true, nil
}

// consolePages serve the status page, metrics and health.
func (a *App) consolePages() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /{$}", fewAtOnce(pagesAtOnce, status.New(status.Options{
		State: a.db, Sources: a.statusOfSources, Redact: notify.Redact, Now: a.o.Now, Version: a.o.Version, Account: a.config.Account,
	})))
	mux.Handle("GET /metrics", promhttp.HandlerFor(a.metrics.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: requestWithin}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, health{OK: true}) })
	probe := &probe{health: a.health, now: time.Now}
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		h := probe.ask(r.Context())
		code := http.StatusOK
		if !h.OK {
			code = http.StatusServiceUnavailable
		}
		answer(w, code, h)
	})
	if a.console != nil && isLoopback(a.console.Addr()) {
		return onlyLocal(mux)
	}
	return mux
}

func (a *App) statusOfSources() []status.Source {
	var all []status.Source
	for _, s := range a.feeds.status() {
		all = append(all, status.Source{
			Name: s.Name, Since: s.Since, Problem: s.Problem, Given: s.Given, Skipped: s.Skipped, Failed: s.Failed, Waiting: s.Waiting,
		})
	}
	return all
}

// A health is what /readyz tells.
type health struct {
	OK       bool   `json:"ok"`
	Starting bool   `json:"starting,omitempty"`
	Database string `json:"database,omitempty"` // why it does not answer
	// Sources are those that were not reached yet, with why as far as it is known.
	// One that was reached once and is gone now is told by metrics and log, and
	// does not make this process less ready than another.
	Sources map[string]string `json:"sources,omitempty"`
}

// healthWithin is how long the database may take to answer.
const healthWithin = 3 * time.Second

// health tells whether the process can do its work: the database answers, and
// every source was reached once or has said why not.
func (a *App) health(ctx context.Context) health {
	ctx, cancel := context.WithTimeout(ctx, healthWithin)
	defer cancel()
	h := health{Starting: !a.ready.Load()}
	if err := a.db.Ping(ctx); err != nil {
		h.Database = err.Error()
	}
	waiting := 0
	for _, s := range a.feeds.status() {
		if s.Since.IsZero() {
			if h.Sources == nil {
				h.Sources = map[string]string{}
			}
			h.Sources[s.Name] = s.Problem
			if s.Problem == "" {
				waiting++
			}
		}
	}
	h.OK = !h.Starting && h.Database == "" && waiting == 0
	return h
}

// probeEvery is how long an answer about the health holds: asking writes to the
// database, and who asks need not say who he is.
const probeEvery = 500 * time.Millisecond

// A probe asks for the health, for all that want to know it at a time.
type probe struct {
	health func(context.Context) health
	now    func() time.Time

	mu   sync.Mutex
	last health    // guarded by mu
	at   time.Time // guarded by mu
}

func (p *probe) ask(ctx context.Context) health {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now := p.now(); p.at.IsZero() || now.Sub(p.at) >= probeEvery || now.Before(p.at) {
		// Not with the context of who asks first: others wait for the same answer.
		p.last, p.at = p.health(context.WithoutCancel(ctx)), now
	}
	return p.last
}

// pagesAtOnce is how many status pages are made at a time: each reads much of
// the database, which the chain needs too.
const pagesAtOnce = 2

// fewAtOnce lets n requests through at a time; others wait, at most
// requestWithin.
func fewAtOnce(n int, h http.Handler) http.Handler {
	slots := make(chan struct{}, n)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case slots <- struct{}{}:
			defer func() { <-slots }()
			h.ServeHTTP(w, r)
		case <-r.Context().Done():
		case <-time.After(requestWithin):
			http.Error(w, "too many ask for this page at once; ask again later", http.StatusServiceUnavailable)
		}
	})
}

func answer(w http.ResponseWriter, code int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	if err := json.NewEncoder(w).Encode(v); err != nil {
		return // the client has gone
	}
}

// onlyLocal refuses requests that a page of another site makes a browser send
// to this machine under a name of that site.
func onlyLocal(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		if _, err := netip.ParseAddr(host); err != nil && host != "localhost" {
			http.Error(w, "this page is for this machine: ask for it by its address, or as localhost", http.StatusForbidden)
			return
		}
		h.ServeHTTP(w, r)
	})
}

func isLoopback(a net.Addr) bool {
	at, err := netip.ParseAddrPort(a.String())
	return err == nil && at.Addr().IsLoopback()
}
