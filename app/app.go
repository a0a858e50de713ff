package app

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"tocsin/core/alarm"
	"tocsin/flow/deliver"
	"tocsin/flow/ingest"
	"tocsin/flow/ring"
	"tocsin/source"
	"tocsin/store/blob"
	"tocsin/store/events"
	"tocsin/store/roster"
	"tocsin/store/state"
)

// Options are what an App touches of the world besides what its Config names.
// The zero value of each means the usual.
type Options struct {
	Log *slog.Logger
	// Level is that of Log, for the configuration to change; nil when it cannot be.
	Level *slog.LevelVar
	Now   func() time.Time
	// RootKey is the root key to use; a zero one is made on first start.
	RootKey RootKey
	Version string
	// Ready is called when the work has begun; nil for nobody.
	Ready func()
	// Source is what all sources share: clients, standard input.
	Source source.FeedOptions
	// Roots are the authorities that mail servers and web endpoints are checked by.
	Roots *x509.CertPool
}

// An App is the whole chain, ready to run. New opens and makes everything; Run
// works until its context ends.
type App struct {
	o     Options
	owner string // of leases
	began time.Time

	mu     sync.Mutex
	config Config // guarded by mu
	feeds  *feeds

	db      *state.DB
	blobs   blob.Store
	folder  *blob.Dir // blobs, where they are in a folder
	events  *events.Store
	roster  *roster.Roster
	signer  *roster.Signer
	ingest  *ingest.Ingest
	ring    *ring.Ringer
	courier *deliver.Courier

	receivers receivers
	commands  commands
	groups    groups
	metrics   *metrics
	listen    net.Listener // nil when off
	console   net.Listener // nil when off
	close     []func() error
	ready     atomic.Bool
	first     First
	clock     *manualClock // nil for the system's
	// streams lasts as long as answers without an end may.
	streams    context.Context
	endStreams context.CancelFunc
	services   *endpoint
}

// New opens the stores, makes what is missing in them, and listens; nothing
// moves yet. The pack is that of the configuration, which is one that Load gave.
// Close ends an App that never ran.
func New(ctx context.Context, c Config, o Options) (_ *App, err error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	a := &App{o: o, config: c, owner: newOwner(), began: o.Now()}
	a.streams, a.endStreams = context.WithCancel(context.WithoutCancel(ctx))
	defer func() {
		if err != nil {
			err = errors.Join(err, a.Close())
		}
	}()
	if err := a.openListeners(ctx); err != nil {
		return nil, err
	}
	if err := a.openStores(ctx); err != nil {
		return nil, err
	}
	if err := a.setUp(ctx); err != nil {
		return nil, err
	}
	if err := a.build(); err != nil {
		return nil, err
	}
	if err := a.sync(ctx); err != nil {
		return nil, err
	}
	return a, a.commands.refresh(ctx, a.db)
}

// newOwner names this process in leases.
func newOwner() string {
	b := make([]byte, 8)
	rand.Read(b) // it never fails
	return hex.EncodeToString(b)
}

// openListeners listens, so that an address in use is told before anything else.
func (a *App) openListeners(ctx context.Context) error {
	for _, l := range []struct {
		key, flag string
		at        Listen
		into      *net.Listener
	}{
		{"listen", "--listen", a.config.Listen, &a.listen},
		{"console", "--console", a.config.Console, &a.console},
	} {
		if l.at.Off() {
			continue
		}
		opened, err := new(net.ListenConfig).Listen(ctx, "tcp", string(l.at))
		if err != nil {
			return listenError(l.key, l.flag, l.at, err)
		}
		*l.into = opened
		a.close = append(a.close, func() error {
			if err := opened.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
				return err
			}
			return nil
		})
	}
	return nil
}

func (a *App) openStores(ctx context.Context) error {
	if err := os.MkdirAll(a.config.Data, 0o750); err != nil {
		return fmt.Errorf("make the data folder: %w", err)
	}
	db, err := state.Open(ctx, a.config.DSN())
	if err != nil {
		return err
	}
	a.db = db
	a.close = append(a.close, db.Close)
	if err := a.openClock(ctx); err != nil {
		return err
	}
	if a.blobs, err = a.openBlobs(ctx); err != nil {
		return err
	}
	a.events = events.New(events.Options{State: db, Blobs: a.blobs, Owner: a.owner, Now: a.o.Now, SealAge: time.Duration(a.config.Limits.SealAfter)})
	a.close = append(a.close, a.events.Close)
	if a.signer, err = roster.OpenSigner(ctx, db, a.Site(), a.o.Now()); err != nil {
		return err
	}
	return nil
}

func (a *App) openBlobs(ctx context.Context) (blob.Store, error) {
	at := a.config.SegmentsAt()
	if strings.HasPrefix(at, "s3://") {
		return blob.OpenS3(ctx, at)
	}
	if err := os.MkdirAll(filepath.Dir(at), 0o750); err != nil {
		return nil, fmt.Errorf("make the folder of segments: %w", err)
	}
	dir, err := blob.OpenDir(at)
	if err != nil {
		return nil, err
	}
	a.folder = dir
	a.close = append(a.close, dir.Close)
	return dir, nil
}

// build makes the moving parts.
func (a *App) build() (err error) {
	c := &a.config
	a.metrics = newMetrics(a)
	a.roster = roster.New(roster.Options{State: a.db, Now: a.o.Now, Wake: func() { a.courier.Wake() }})
	a.receivers.metrics = a.metrics
	fresh, err := newReceivers(c, a.o.Roots)
	if err != nil {
		return err
	}
	a.receivers.set(fresh)
	a.courier = deliver.New(deliver.Options{
		State: a.db, Receivers: &a.receivers, DeadLetters: &a.receivers, Signer: a.signer, Site: a.Site(), Owner: a.owner,
		Now: a.o.Now, Log: a.o.Log, Concurrency: c.Limits.Deliveries, Observe: a.metrics.observeChain,
	})
	timing := alarm.Immediate
	if c.Timing == Faithful {
		timing = alarm.Faithful
	}
	a.commands.where = a.whereToSearch()
	a.ring = ring.New(ring.Options{
		State: a.db, Owner: a.owner, Now: a.o.Now, Log: a.o.Log, Timing: timing, Published: a.courier.Wake, Command: a.commands.of,
	})
	a.ingest, err = ingest.New(ingest.Options{
		State: a.metrics.timed(a.db), Events: a.events, Workers: c.Limits.Workers,
		MaxInFlight: int64(c.Limits.Records), MaxIDs: int64(c.Limits.IDs), Now: a.o.Now, Log: a.o.Log, Committed: a.ring.Wake,
	})
	a.feeds = newFeeds(a)
	if err != nil {
		return err
	}
	a.services, err = a.newEndpoint()
	return err
}

// Close closes what New opened. Run does it too.
func (a *App) Close() error {
	a.endStreams()
	var errs []error
	for i := len(a.close) - 1; i >= 0; i-- {
		errs = append(errs, a.close[i]())
	}
	a.close = nil
	return errors.Join(errs...)
}

// Config is the configuration that counts now.
func (a *App) Config() Config {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.config
}
